/** What the command line of the fleet says; wrong usage throws a sentence. */
const NUMBERS = {
  '--devices': { key: 'devices', least: 1, most: 100_000, whole: true },
  '--rate': { key: 'rate', least: 0, most: 1000 },
  '--seconds': { key: 'seconds', least: 1, most: 86_400 },
  '--processes': { key: 'processes', least: 1, most: 64, whole: true },
};
const TEXTS = { '--broker': 'broker', '--username': 'username', '--base': 'base' };

export function fleetOptions(args) {
  const options = {
    devices: 100,
    rate: 5,
    seconds: 30,
    base: 'fleet',
    listen: 50,
    format: 'json',
    json: false,
  };
  const given = args.flatMap((arg) => (/^--[a-z]+=/.test(arg) ? arg.split(/=(.*)/, 2) : [arg]));
  for (let at = 0; at < given.length; at += 1) {
    const name = given[at];
    const value = given[at + 1];
    if (name === '--json') {
      options.json = true;
      continue;
    }
    at += 1;
    if (Object.hasOwn(NUMBERS, name)) {
      const { key, least, most, whole } = NUMBERS[name];
      options[key] = numberOf(name, value, least, most, whole);
    } else if (Object.hasOwn(TEXTS, name)) {
      if (!value) throw new Error(`${name} wants a value`);
      options[TEXTS[name]] = value;
    } else if (name === '--format') {
      if (!['json', 'cbor'].includes(value))
        throw new Error(`--format is json or cbor, not "${value ?? ''}"`);
      options.format = value;
    } else if (name === '--listen') {
      options.listen = value === 'all' ? Number.POSITIVE_INFINITY : numberOf(name, value, 1, 100_000, true);
    } else throw new Error(`unknown argument "${name}"`);
  }
  if (options.rate === 0) throw new Error('--rate is 0: nothing would be sent');
  return options;
}

function numberOf(name, text, least, most, whole) {
  const value = Number(text || Number.NaN);
  if (value >= least && value <= most && (!whole || Number.isInteger(value))) return value;
  throw new Error(
    `${name} wants a ${whole ? 'whole ' : ''}number from ${least} to ${most}, not "${text ?? ''}"`,
  );
}
