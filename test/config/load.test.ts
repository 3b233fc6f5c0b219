/** Loading a whole file: every problem with its place, secrets never shown, good files come out whole. */
import { join } from 'node:path';
import t from 'tap';
import { type LoadedConfig, loadConfig } from '../../dist/config/load.js';
import { ConfigError } from '../../dist/config/problem.js';
import { memoryFiles, systemError } from '../helpers/memory-files.js';

const FILE = '/etc/detectd/detectd.yaml';
const GOOD = `
models: {people: {bundle: models/people}}
cameras:
  gate: {source: "file:clip.mp4", model: people}
`;

function load(
  text: string | Uint8Array | Error,
  env: NodeJS.ProcessEnv = {},
  files: Record<string, string | Uint8Array | Error> = {},
): Promise<LoadedConfig> {
  return loadConfig(FILE, { env, readFile: memoryFiles({ [FILE]: text, ...files }) });
}

/** The problems of a file that must be refused, as "line:column message". */
async function problems(...args: Parameters<typeof load>): Promise<string[]> {
  try {
    await load(...args);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map(
      ({ line, column, message, suggestion }) =>
        `${line}:${column} ${message}${suggestion === undefined ? '' : ` [${suggestion}]`}`,
    );
  }
  throw new Error('the file was accepted');
}

t.test('a good file comes out with defaults and absolute paths', async (t) => {
  const { config, path, folder, secrets } = await load(GOOD);
  t.equal(path, FILE);
  t.equal(folder, '/etc/detectd');
  t.equal(config.mqtt.broker, 'embedded');
  t.equal(config.mqtt.embedded.port, 1883);
  t.equal(config.models['people']?.bundle, '/etc/detectd/models/people');
  t.equal(config.cameras['gate']?.enabled, true);
  t.strictSame(secrets, []);
});

t.test('a section whose keys are all commented out counts as empty', async (t) => {
  const { config } = await load(`mqtt:\n  embedded:\nlog:\nworker:\n${GOOD}`);
  t.equal(config.log.level, 'info');
  t.equal(config.worker.stable_s, 60);
});

t.test('anchors and merge keys let cameras share settings', async (t) => {
  const { config } = await load(`
models: {people: {bundle: /m}}
cameras:
  a: &a {source: "v4l2:0", model: people, fps: 5}
  b: {<<: *a, source: "v4l2:1"}
`);
  t.equal(config.cameras['b']?.fps, 5);
  t.equal(config.cameras['b']?.source, 'v4l2:1');
});

t.test('every problem of a file is reported with its place', async (t) => {
  const found = await problems(
    `device: {id: "\${HOST_ID}"}
mqtt:
  broker: http://h
  pasword: x
  cert: a.pem
  keepalive_s: 1
models:
  People: {bundle: 5, threshold: 2}
  people: {bundle: /x, provider: cdua, threads: 1.5, fps: 3}
cameras:
  gate: {source: "rtps://x/", model: peple, loop: maybe}
  yard: {source: "v4l2:0", model: people, every_frame: true}
  empty:
`,
  );
  t.strictSame(found, [
    '1:14 environment variable "HOST_ID" is not set',
    '3:11 "mqtt.broker" must be "embedded" or an address such as mqtt://host:1883, mqtts://host:8883, ' +
      'ws://host/path or wss://host/path',
    '4:3 unknown key "pasword" in "mqtt" [password]',
    '5:9 "mqtt.cert" belongs together with "mqtt.key": give both or neither',
    '6:16 "mqtt.keepalive_s" must be at least 5',
    '8:3 the name in "models.People" must be 1 to 63 characters of a-z, 0-9, "_" and "-", starting with a ' +
      'letter or digit',
    '8:20 "models.People.bundle" must be text; put it in quotes',
    '8:34 "models.People.threshold" must be at most 1',
    '9:34 "models.people.provider" must be one of auto, tensorrt, cuda, cpu [cuda]',
    '9:49 "models.people.threads" must be a whole number',
    '9:54 unknown key "fps" in "models.people"; it belongs to "cameras.<name>"',
    '11:18 "cameras.gate.source" has none of the known forms; did you mean rtsp:…? (Known forms: file:PATH, ' +
      'v4l2:DEVICE, rtsp://…, csi:ID, http://… or https://… (MJPEG), test:shapes, test:PATTERN, gst:PIPELINE)',
    '11:38 "cameras.gate.model" names a model that is not under "models" [people]',
    '11:51 "cameras.gate.loop" must be true or false',
    '12:43 "cameras.yard.every_frame" is for file sources only',
    '13:3 "cameras.empty.source" is missing',
    '13:3 "cameras.empty.model" is missing',
  ]);
});

t.test('names that every object has are no models and no keys', async (t) => {
  const found = await problems(
    `${GOOD}  b: {source: "v4l2:0", model: constructor, toString: 1, __proto__: 2}\n`,
  );
  t.strictSame(found, [
    '5:32 "cameras.b.model" names a model that is not under "models"',
    '5:45 unknown key "toString" in "cameras.b"',
    '5:58 unknown key "__proto__" in "cameras.b"',
  ]);
});

t.test('duplicate keys are all reported, and the last of them is the one that is checked', async (t) => {
  const found = await problems(`models: {people: {bundle: /m}}
cameras:
  gate: {source: "v4l2:0", model: people}
  gate: {source: "nonsense", model: people}
log: {level: info}
log: {level: loud}
`);
  t.strictSame(
    found.map((line) => line.slice(0, 60)),
    [
      '4:3 duplicate key "gate", given already on line 3',
      '4:18 "cameras.gate.source" has none of the known forms (Know',
      '6:1 duplicate key "log", given already on line 5',
      '6:14 "log.level" must be one of trace, debug, info, warn, er',
    ],
  );
});

t.test('text that is no YAML is reported where it breaks', async (t) => {
  t.strictSame(await problems('a: b: c\n'), ['1:5 not valid YAML: bad indentation of a mapping entry']);
  t.match(await problems('cameras: [1\n'), [/^2:1 not valid YAML/]);
  t.match(await problems('cameras: *gate\n'), [/^1:11 not valid YAML: unidentified alias "gate"/]);
  t.strictSame(await problems('mqtt:\n\tbase: x\nlog:\n  \tlevel: info\n'), [
    '2:1 indented with a tab; YAML wants spaces',
    '4:3 indented with a tab; YAML wants spaces',
  ]);
  t.match(await problems(`device: {id: \${ID}}\n`), [/put values with \$\{…\} in quotes$/]);
  t.match(await problems('--- {}\n--- {}\n'), [/more than one YAML document/, /"models"/, /"cameras"/]);
  t.match(await problems('- a list\n'), [/^1:1 the configuration must be a mapping of keys to values/]);
  t.strictSame(await problems(''), ['1:1 "models" is missing', '1:1 "cameras" is missing']);
  t.strictSame(await problems('models: {}\ncameras: {}\n'), [
    '1:9 "models" must name at least one model',
    '2:10 "cameras" must name at least one camera',
  ]);
  t.strictSame(await problems(new Uint8Array([0x61, 0xff, 0xfe])), ['1:1 the file is not UTF-8 text']);
});

t.test('a small file that describes a huge one is refused', async (t) => {
  const levels = Array.from({ length: 9 }, (_, level) => {
    const items = Array.from({ length: 9 }, () => (level === 0 ? 'x' : `*l${level - 1}`)).join(', ');
    return `l${level}: &l${level} [${items}]`;
  });
  t.match(await problems(`${levels.join('\n')}\n`), [/^1:1 the file holds more than 50000 values/]);
  t.match(await problems(`a: ${'['.repeat(5000)}${']'.repeat(5000)}\n`), [/not valid YAML/]);
});

t.test('a file that cannot be read says so', async (t) => {
  const reasons: [string, RegExp][] = [
    ['ENOENT', /detectd\.yaml does not exist/],
    ['EACCES', /may not be read by this user/],
    ['EISDIR', /is a folder/],
    ['EFBIG', /larger than 1 MiB/],
    ['EIO', /cannot be read \(EIO\)/],
  ];
  for (const [code, message] of reasons) {
    await t.rejects(load(systemError(code)), { code: 'CONFIG_NOT_FOUND', exitStatus: 2, message });
  }
});

t.test('from disk, only a regular file of at most 1 MiB is read', async (t) => {
  const folder = t.testdir({ 'good.yaml': GOOD, 'huge.yaml': '#'.repeat(1_048_577), folder: {} });
  const { config } = await loadConfig(join(folder, 'good.yaml'), { env: {} });
  t.equal(config.models['people']?.bundle, join(folder, 'models/people'));
  for (const name of ['huge.yaml', 'folder', 'missing.yaml']) {
    await t.rejects(loadConfig(join(folder, name), { env: {} }), { code: 'CONFIG_NOT_FOUND' });
  }
});

t.test('placeholders are replaced and count as secrets', async (t) => {
  const text = `
mqtt: {username: "\${USER_NAME}", password: "\${file:pw}", keepalive_s: "\${KA}"}
models: {people: {bundle: /m}}
cameras:
  gate: {source: "rtsp://\${credential:cam}@10.0.0.7/main", model: people, enabled: "\${ON}"}
  yard: {source: "rtsp://u:in%20clear@h", model: people}
`;
  const env = { USER_NAME: 'dock-user', KA: '45', ON: 'false', CREDENTIALS_DIRECTORY: '/run/cred' };
  const files = { '/etc/detectd/pw': 'hunter22\n', '/run/cred/cam': 'admin:p4ss' };
  const { config, secrets } = await load(text, env, files);
  t.equal(config.mqtt.password, 'hunter22');
  t.equal(config.mqtt.keepalive_s, 45);
  t.equal(config.cameras['gate']?.enabled, false);
  t.equal(config.cameras['gate']?.source, 'rtsp://admin:p4ss@10.0.0.7/main');
  t.strictSame(
    secrets.sort(),
    ['admin:p4ss', 'dock-user', 'hunter22', 'in clear', 'in%20clear', 'p4ss'],
    'numbers and switches are no secrets',
  );
});

t.test('a secret cannot become YAML of its own', async (t) => {
  const { config } = await load(`mqtt: {username: u, password: "\${PW}"}\n${GOOD}`, {
    PW: 'x", broker: "mqtt://evil"}\n',
  });
  t.equal(config.mqtt.broker, 'embedded');
  t.equal(config.mqtt.password, 'x", broker: "mqtt://evil"}\n');
});

t.test('no problem ever repeats a secret', async (t) => {
  const error = await load(
    `mqtt: {password: 12345678, broker: "\${BROKER}"}
models: {m: {bundle: /m}}
cameras: {c: {source: "rtsp://u:hunter22@", model: "\${MODEL}"}}
`,
    { BROKER: 'tcp://joe:hunter22@h', MODEL: 'not-hunter22' },
  ).catch((thrown: unknown) => thrown);
  t.type(error, ConfigError);
  const text = JSON.stringify(error) + String((error as Error).message);
  t.notMatch(text, /hunter22|12345678/);
  t.match(text, /"mqtt.password" must be text/);
});

t.test('when only secrets are at fault, the code says so', async (t) => {
  const text = `mqtt: {username: u, password: "\${file:pw}"}\n${GOOD}`;
  const faults: [string | Uint8Array | Error, RegExp][] = [
    [systemError('ENOENT'), /"\/etc\/detectd\/pw" cannot be read \(it does not exist\)/],
    [systemError('EACCES'), /permission denied/],
    ['x'.repeat(65_537), /larger than 64 KiB/],
    [new Uint8Array([0xff]), /not UTF-8/],
  ];
  for (const [content, message] of faults) {
    await t.rejects(load(text, {}, { '/etc/detectd/pw': content }), { code: 'CONFIG_SECRET', message });
  }
  await t.rejects(load(text.replace('file:pw', 'credential:pw')), {
    code: 'CONFIG_SECRET',
    message: /systemd passed no credentials/,
  });
});

t.test('an unreadable secret does not hide that its key is unknown', async (t) => {
  t.strictSame(await problems(`mqtt: {pasword: "\${PW}"}\n${GOOD}`), [
    '1:8 unknown key "pasword" in "mqtt" [password]',
    '1:17 environment variable "PW" is not set',
  ]);
});

t.test('text in place of a number stays a problem', async (t) => {
  for (const value of ['fast', '', '1e999', '12 s']) {
    t.strictSame(await problems(`mqtt: {keepalive_s: "\${KA}"}\n${GOOD}`, { KA: value }), [
      '1:21 "mqtt.keepalive_s" must be a number',
    ]);
  }
});

t.test('hundreds of problems make a message of bounded length', async (t) => {
  const keys = Array.from({ length: 300 }, (_, index) => `unknown_${index}: 1`).join('\n');
  const error = await load(`${keys}\n${GOOD}`).catch((thrown: unknown) => thrown);
  t.type(error, ConfigError);
  t.equal((error as ConfigError).problems.length, 300);
  t.match((error as Error).message, /and 200 more$/);
});

t.test(
  'cyclic aliases and deep nesting are problems with line and column, however they are written',
  async (t) => {
    t.match(await problems('mqtt:\n  base: a\ncameras: &a {x: *a}\n'), [/^3:17 "cameras\.x" is an alias/]);
    t.match(await problems('cameras:\n  gate: &a\n    source: [1, *a]\n'), [
      /^3:17 "cameras\.gate\.source\[1\]"/,
    ]);
    t.match(await problems('&a\ncameras: *a\n'), [/^2:10 "cameras" is an alias/]);
    for (const text of ['[', '{a: ', '- ']) {
      t.match(await problems(`cameras: ${text === '- ' ? '\n  ' : ''}${text.repeat(10_000)}`), [
        /^[12]:\d+ .*nesting/,
      ]);
    }
    // Each level is within the bound of the text, all of them together are not.
    const levels = Array.from(
      { length: 500 },
      (_, i) => `a${i}: &a${i} [[[[[${i === 0 ? 1 : `*a${i - 1}`}]]]]]`,
    );
    t.match(await problems(`${levels.join('\n')}\n`), [/^\d+:\d+ "a\d+.*nested too deeply/]);
  },
);

t.test('a password inside the address of the broker is refused at its key, and not repeated', async (t) => {
  t.strictSame(await problems(`mqtt:\n  broker: mqtt://bob:hunter22@h\n${GOOD}`), [
    '2:3 "mqtt.broker" holds credentials; put them into "mqtt.username" and "mqtt.password"',
  ]);
});

t.test('an entry named __proto__ is reported like any bad name, and so are the faults in it', async (t) => {
  const rule = 'must be 1 to 63 characters of a-z, 0-9, "_" and "-", starting with a letter or digit';
  const text = `
models:
  people: {bundle: /m}
  __proto__: {bundle: /m}
cameras:
  gate: {source: "v4l2:0", model: people}
  __proto__: {source: "v4l2:1", model: people, fsp: 5}
`;
  t.strictSame(await problems(text), [
    `4:3 the name in "models.__proto__" ${rule}`,
    `7:3 the name in "cameras.__proto__" ${rule}`,
    '7:48 unknown key "fsp" in "cameras.__proto__" [fps]',
  ]);
});

t.test('a number beyond all limits is reported once, with the limit that counts', async (t) => {
  const camera = 'slicing: {tile: 1e30}, rtsp_latency_ms: -1e30';
  const text = `models: {m: {bundle: /m}}\ncameras:\n  c: {source: "v4l2:0", model: m, ${camera}}\n`;
  t.strictSame(await problems(text), [
    '3:51 "cameras.c.slicing.tile" must be at most 16384',
    '3:75 "cameras.c.rtsp_latency_ms" must be at least 0',
  ]);
});

t.test('a region ends within the picture, and a camera is turned by quarters', async (t) => {
  const check = (camera: string) =>
    problems(`models: {m: {bundle: /m}}\ncameras:\n  c: {source: 'test:ball', model: m, ${camera}}\n`);
  t.match(await check('region: {x: 0.6, width: 0.5}'), [
    /"cameras\.c\.region\.width" must end within the picture/,
  ]);
  t.match(await check('region: {y: 0.6, height: 0.5}'), [/"cameras\.c\.region\.height" must end/]);
  t.match(await check('region: {width: 0}'), [/"cameras\.c\.region\.width" must be at least 0\.01/]);
  t.match(await check('region: {x: -1}'), [/"cameras\.c\.region\.x" must be at least 0/]);
  t.match(await check('rotate: 45'), [/"cameras\.c\.rotate" must be one of 0, 90, 180, 270$/]);
  await t.rejects(check('region: {x: 0.7, width: 0.3}, rotate: 90'), /was accepted/);
});
