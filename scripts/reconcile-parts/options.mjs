/** What the command line of reconcile says; wrong usage throws a sentence. */
const TEXTS = {
  '--broker': 'broker',
  '-c': 'config',
  '--config': 'config',
  '--from': 'from',
  '--base': 'base',
  '--device': 'device',
  '--session': 'session',
};
const NUMBERS = { '--for': 'forS', '--until-quiet': 'quietS' };
const FLAGS = { '--from-start': 'fromStart', '--qos0': 'qos0', '--all': 'all', '--json': 'json' };

export function reconcileOptions(args) {
  const options = { fromStart: false, qos0: false, all: false, json: false };
  const given = args.flatMap((arg) => (/^--[a-z0-9-]+=/.test(arg) ? arg.split(/=(.*)/, 2) : [arg]));
  for (let at = 0; at < given.length; at += 1) {
    const name = given[at];
    if (Object.hasOwn(FLAGS, name)) options[FLAGS[name]] = true;
    else if (Object.hasOwn(TEXTS, name)) {
      at += 1;
      if (!given[at]) throw new Error(`${name} wants a value`);
      options[TEXTS[name]] = given[at];
    } else if (Object.hasOwn(NUMBERS, name)) {
      at += 1;
      const value = Number(given[at] || Number.NaN);
      if (!(value > 0 && value <= 1e7))
        throw new Error(`${name} wants a number of seconds, not "${given[at] ?? ''}"`);
      options[NUMBERS[name]] = value;
    } else throw new Error(`unknown argument "${name}"`);
  }
  if (options.from !== undefined && (options.broker ?? options.config ?? options.session) !== undefined)
    throw new Error('--from reads a recording: there is no broker, configuration or session to it');
  return options;
}
