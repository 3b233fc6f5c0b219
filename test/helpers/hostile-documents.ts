/** Documents as an attacker, a bug or a bad line might send them: good ones, changed at random from a seed. */

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Mulberry32: numbers in [0, 1), the same for a seed on every machine. */
export function lots(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const SHA = 'a'.repeat(64);
const CONFIGS: Json[] = [
  { log: { level: 'debug' } },
  { models: { people: { threshold: 0.7, threads: 2 } } },
  { models: { cars: { bundle: 'https://h/cars.tgz', sha256: SHA } } },
  { cameras: { yard: { source: 'rtsp://h/yard', model: 'people', fps: 5 } } },
  { cameras: { gate: { fps: 3, enabled: false, slicing: { tile: 320 } } } },
  { cameras: { yard: null }, models: { cars: null } },
  {
    models: { people: { bundle: 'mqtt:models/people', sha256: SHA, version: '2.0.0' } },
    log: { level: 'warn' },
  },
  { engines: { build: false }, worker: { stable_s: 30 }, health: { interval_s: 5 } },
];
const KEYS = [
  ...['models', 'cameras', 'log', 'mqtt', 'remote', 'updates', 'device', 'paths', 'http', 'health', 'reboot'],
  ...['allow', 'pin', 'keys', 'signed', 'desired', 'broker', 'password', 'id', 'state', 'textfile', 'level'],
  ...['people', 'cars', 'gate', 'yard', 'source', 'bundle', 'model', 'threshold', 'fps', 'slicing', 'tile'],
  ...[
    'constructor',
    'prototype',
    'toString',
    'hasOwnProperty',
    '*',
    'a.b',
    '',
    ' ',
    '0',
    '\u0000',
    'é\u202e',
    '\ud800',
  ],
  'k'.repeat(3000),
];
const VALUES: Json[] = [
  ...[
    `\${PW}`,
    `\${file:/etc/passwd}`,
    `x\${credential:a}`,
    `$\${PW}`,
    '${',
    'gst:videotestsrc',
    ' GST:fakesrc ! x',
  ],
  ...[
    '/etc/passwd',
    '../../x',
    'file:',
    'file:/x.tgz',
    'https://h/x',
    'mqtt:a',
    'rtsp://u:p@h/x',
    'v4l2:/dev/mem',
  ],
  ...['', ' ', 'debug', 'people', 'nobody', '\u0000', '\u202e', '\ud800', '0.5', 'true', 'x'.repeat(5000)],
  ...[0, -0, -1, 0.5, 1, 5, 256, 1000, 1.5, 1e308, -1e308, 5e-324, 2 ** 31, 2 ** 53, -(2 ** 53)],
  ...[true, false, null, [], {}, [[[[]]]], [null], ['*'], [{ a: 1 }]],
  { allow: ['*'], desired: true },
  { source: 'gst:videotestsrc', model: 'people' },
  { bundle: '/etc' },
];
const ROLLOUTS: Json[] = [
  { percent: 10, seed: 'a' },
  { percent: 100, seed: 'a', tags: ['dock'] },
  { hold: true },
  { not_before: '2030-01-01T00:00:00Z' },
  {},
];

/** Document number `index`: the same for the same numbers. `version` is the one that is due. */
export function hostileDocument(index: number, version: number): Buffer {
  const lot = lots(index * 7919 + 1);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(lot() * from.length)] as T;
  const root: Record<string, Json> = {
    version: lot() < 0.8 ? version : Math.floor(lot() * version),
    config: structuredClone(pick(CONFIGS)),
  };
  if (lot() < 0.2) root['rollout'] = structuredClone(pick(ROLLOUTS));
  if (lot() < 0.05) root['expires'] = pick(['2020-01-01T00:00:00Z', '2040-01-01T00:00:00Z', 'x']);
  if (lot() < 0.05) root['device'] = pick(['dock-3', 'dock-4', '']);
  for (let changes = Math.floor(lot() * 4); changes > 0; changes -= 1) change(root, lot, pick);
  let value: Json = root;
  if (lot() < 0.03)
    value = { payload: JSON.stringify(root), minisig: pick(['', 'x', 'untrusted comment: x\n']) };
  let text = JSON.stringify(value);
  if (lot() < 0.05)
    text = text.replace(/"(\w+)":/, () => `"__proto__":${pick(['{"x":1}', '1', 'null'])},"$1":`);
  if (lot() < 0.03) text = text.replace(/:(\d|")/, ':1e999,"y":$1');
  if (lot() < 0.02)
    text = text.replace(
      '"config":{',
      `"config":{${'"a":{'.repeat(20)}${'}'.repeat(20)},`.replace(/\{\},/, '{},'),
    );
  if (lot() < 0.01) text = `${text}${' '.repeat(262_144)}`;
  const bytes = Buffer.from(text);
  if (lot() < 0.06) return bytes.subarray(0, Math.floor(lot() * bytes.length));
  if (lot() < 0.06)
    for (let times = 3; times > 0; times -= 1)
      bytes[Math.floor(lot() * bytes.length)] = Math.floor(lot() * 256);
  return bytes;
}

/** Another value, or another key, somewhere below. */
function change(root: Record<string, Json>, lot: () => number, pick: <T>(from: readonly T[]) => T): void {
  let at: Record<string, Json> = lot() < 0.85 ? (root['config'] as Record<string, Json>) : root;
  for (;;) {
    if (typeof at !== 'object' || at === null || Array.isArray(at)) return;
    const inner = Object.values(at).filter(
      (item) => typeof item === 'object' && item !== null && !Array.isArray(item),
    );
    if (inner.length === 0 || lot() < 0.35) break;
    at = pick(inner) as Record<string, Json>;
  }
  const known = Object.keys(at);
  const key = known.length > 0 && lot() < 0.5 ? pick(known) : pick(KEYS);
  at[key] = structuredClone(lot() < 0.2 ? pick(CONFIGS) : pick(VALUES));
}
