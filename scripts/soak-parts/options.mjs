/** What the command line of the soak says; wrong usage throws a sentence. */

const NUMBERS = {
  '--hours': { key: 'minutes', factor: 60, least: 1 / 60, most: 1000 },
  '--minutes': { key: 'minutes', factor: 1, least: 1, most: 60_000 },
  '--every': { key: 'everyS', factor: 1, least: 15, most: 3600 },
  '--warm-up': { key: 'warmUpMinutes', factor: 1, least: 0, most: 60_000 },
  '--seed': { key: 'seed', factor: 1, least: 0, most: 2 ** 32 - 1 },
};

/** `warmUpMinutes` is undefined where it is not said. */
export function soakOptions(args) {
  const options = { minutes: 60, everyS: 60, seed: 1, json: false, keep: false };
  const given = args.flatMap((arg) => (/^--[a-z-]+=/.test(arg) ? arg.split(/=(.*)/, 2) : [arg]));
  for (let at = 0; at < given.length; at += 1) {
    const name = given[at];
    if (name === '--json' || name === '--keep') options[name.slice(2)] = true;
    else if (Object.hasOwn(NUMBERS, name)) {
      const { key, factor, least, most } = NUMBERS[name];
      at += 1;
      const value = Number(given[at] || Number.NaN);
      if (!(value >= least && value <= most))
        throw new Error(
          `${name} wants a number from ${+least.toFixed(2)} to ${most}, not "${given[at] ?? ''}"`,
        );
      options[key] = value * factor;
    } else throw new Error(`unknown argument "${name}"`);
  }
  if (options.warmUpMinutes >= options.minutes)
    throw new Error(`--warm-up ${options.warmUpMinutes} leaves nothing of ${options.minutes} min to measure`);
  return options;
}
