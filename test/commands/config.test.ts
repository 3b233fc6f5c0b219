/** The config command as people and programs call it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { CommandIo } from '../../dist/base/command-io.js';
import { configCommand } from '../../dist/commands/config.js';
import { DesiredStore } from '../../dist/models/desired-store.js';

const GOOD = `
mqtt: {broker: "ws://h/mqtt?password=inclear", username: u, password: "\${PW}"}
models: {people: {bundle: m}}
cameras: {a: {source: "v4l2:0", model: people}, b: {source: "v4l2:1", model: people}}
`;

/** Runs `config ARGUMENTS`; `thrown` is what the program's entry would print and turn into its status. */
async function run(args: string[], env: NodeJS.ProcessEnv = {}) {
  const written = { out: '', err: '', thrown: undefined as unknown };
  const io: CommandIo = {
    out: (text) => {
      written.out += text;
    },
    err: (text) => {
      written.err += text;
    },
    isTerminal: false,
    errIsTerminal: false,
    env,
  };
  await configCommand(io)
    .parseAsync(args, { from: 'user' })
    .catch((error: unknown) => {
      written.thrown = error;
    });
  return written;
}

t.test('check says that a file is valid and how much is in it', async (t) => {
  const file = join(t.testdir({ 'c.yaml': GOOD }), 'c.yaml');
  t.strictSame(await run(['check', file], { PW: 'secret' }), {
    out: `${file} is valid: 2 cameras, 1 model\n`,
    err: '',
    thrown: undefined,
  });
  const { out } = await run(['check', file, '--json'], { PW: 'secret' });
  t.strictSame(JSON.parse(out), { file, valid: true, cameras: 2, models: 1, switched: [], problems: [] });
});

t.test('check and show say which cameras commands have switched', async (t) => {
  const folder = t.testdir({
    'c.yaml': `${GOOD}remote: {commands: [camera]}\n`,
    'switches.json': '{"schema":1,"cameras":{"b":false,"gone":false}}',
  });
  const file = join(folder, 'c.yaml');
  const env = { PW: 'secret', STATE_DIRECTORY: folder };
  const checked = await run(['check', file], env);
  t.equal(checked.out, `${file} is valid: 2 cameras, 1 model\n  camera "b" was switched off by a command\n`);
  t.match(JSON.parse((await run(['check', file, '--json'], env)).out), { valid: true, switched: ['b'] });
  t.match((await run(['show', file], env)).err, /# cameras\.b\.enabled is from a command\n/);
  t.notMatch((await run(['show', file, '--local'], env)).err, /by a command|from a command/);
});

t.test('check prints every problem as an editor reads it, and fails as wrong usage', async (t) => {
  const file = join(
    t.testdir({ 'c.yaml': GOOD.replace('broker:', 'broken:').replace('v4l2:1', 'v4l3:1') }),
    'c.yaml',
  );
  const { out, thrown } = await run(['check', file], { PW: 'secret' });
  const lines = out.trimEnd().split('\n');
  t.equal(lines[0], `${file}:2:8: unknown key "broken" in "mqtt"; did you mean "broker"?`);
  t.ok(
    lines[1]?.startsWith(`${file}:4:61: "cameras.b.source" has none of the known forms`),
    String(lines[1]),
  );
  t.equal(lines.length, 2);
  t.match(thrown, { code: 'CONFIG_INVALID', exitStatus: 2, message: `${file} has 2 problems.` });
});

t.test('check --json lists the problems for programs', async (t) => {
  const file = join(t.testdir({ 'c.yaml': `log: {level: inf}\n${GOOD}` }), 'c.yaml');
  const { out, thrown } = await run(['check', file, '--json'], { PW: 'secret' });
  t.match(JSON.parse(out), {
    file,
    valid: false,
    code: 'CONFIG_INVALID',
    problems: [{ line: 1, column: 14, path: 'log.level', message: /must be one of/, suggestion: 'info' }],
  });
  t.match(thrown, { exitStatus: 2 });
});

t.test('a missing secret and a missing file keep their own codes', async (t) => {
  const file = join(t.testdir({ 'c.yaml': GOOD }), 'c.yaml');
  t.match(await run(['check', file]), {
    out: /"PW" is not set/,
    thrown: { code: 'CONFIG_SECRET', exitStatus: 2 },
  });
  t.match(await run(['check', `${file}.missing`]), {
    out: '',
    thrown: { code: 'CONFIG_NOT_FOUND', exitStatus: 2 },
  });
  t.match(await run(['show', `${file}.missing`]), { out: '', thrown: { code: 'CONFIG_NOT_FOUND' } });
});

t.test('show prints what is in force as YAML or JSON, secrets masked, its origin aside', async (t) => {
  const file = join(t.testdir({ 'c.yaml': GOOD }), 'c.yaml');
  const yaml = await run(['show', file], { PW: 'hunter22' });
  t.equal(yaml.err, `# read from ${file}\n`);
  t.match(yaml.out, /^ {2}broker: ws:\/\/h\/mqtt\?password=\*\*\*$/m);
  t.match(yaml.out, /^ {2}password: '\*\*\*'$/m);
  t.match(yaml.out, /^ {4}stall_timeout_s: 4$/m);
  const json = await run(['show', file, '--json'], { PW: 'hunter22' });
  t.match(JSON.parse(json.out), { mqtt: { password: '***' }, log: { level: 'info' } });
  t.notMatch(yaml.out + json.out, /hunter22|inclear/);
});

t.test('show refuses a bad file with every problem in the error', async (t) => {
  const file = join(t.testdir({ 'c.yaml': 'models: {}\n' }), 'c.yaml');
  const { out, thrown } = await run(['show', file]);
  t.equal(out, '');
  t.match(thrown, {
    code: 'CONFIG_INVALID',
    message: /:1:1: "cameras" is missing\n.*:1:9: "models" must name/,
  });
});

t.test('without a file the usual places are searched', async (t) => {
  const folder = t.testdir({ detectd: { 'detectd.yaml': GOOD } });
  const env = { XDG_CONFIG_HOME: folder, PW: 'x' };
  const expected = join(folder, 'detectd/detectd.yaml');
  t.match((await run(['check'], env)).out, new RegExp(`^${expected} is valid`));
  t.equal((await run(['show'], env)).err, `# read from ${expected}\n`);
});

t.test('the file may also be given with -c, but not twice', async (t) => {
  const file = join(t.testdir({ 'c.yaml': GOOD }), 'c.yaml');
  for (const command of ['check', 'show']) {
    const { out, thrown } = await run([command, '-c', file], { PW: 'x' });
    t.equal(thrown, undefined);
    t.not(out, '');
    t.match(await run([command, file, '-c', file], { PW: 'x' }), { out: '', thrown: { code: 'USAGE' } });
  }
});

t.test('show says which values come from documents, and check tries one', async (t) => {
  const folder = t.testdir({
    'c.yaml': `device: {id: dock-3}\nremote: {desired: true}\n${GOOD}`,
    'doc.json': '{"version":3,"config":{"log":{"level":"debug"}}}',
  });
  const file = join(folder, 'c.yaml');
  const env = { PW: 'hunter22', STATE_DIRECTORY: folder };
  const document = join(folder, 'doc.json');
  t.match((await run(['check', file, '--desired', document], env)).out, /fleet version 3 fits/);
  t.match(
    (await run(['check', file, '--desired', document, '--scope', 'device'], env)).out,
    /device version 3 fits/,
  );
  await new DesiredStore(join(folder, 'desired')).save('fleet', {
    ...{ device: 'dock-3', offered: undefined, tries: 0 },
    taken: readFileSync(document, 'utf8'),
  });
  const shown = await run(['show', file], env);
  t.match(shown.err, /^# log\.level is from the document fleet version 3$/m);
  t.match(shown.out, /level: debug/);
  t.match((await run(['show', file, '--local'], env)).out, /level: info/);
  t.match(JSON.parse((await run(['show', file, '--origins'], env)).out), {
    config: { log: { level: 'debug' } },
    origins: [{ path: 'log.level', document: 'fleet version 3' }],
    left_out: [],
  });
});
