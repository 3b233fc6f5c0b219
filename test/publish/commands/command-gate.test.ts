/** Commands come in from strangers: which are obeyed, which are answered with a code, and what a flood costs. */
import t from 'tap';
import { DetectdError } from '../../../dist/base/errors.js';
import type { Command, CommandName } from '../../../dist/core/command.js';
import type { DeviceEvent } from '../../../dist/core/device-event.js';
import type { PacketFacts } from '../../../dist/publish/broker-connection.js';
import { CommandGate } from '../../../dist/publish/commands/command-gate.js';
import type { CommandReplyPayload } from '../../../dist/publish/schemas/command-schema.js';
import { FakeClock, settle } from '../../helpers/fake-clock.js';
import { logLines } from '../../helpers/log-lines.js';

const ROOT = 'detectd/dock-3';
const ALL: CommandName[] = ['ping', 'reload', 'recycle', 'snapshot', 'engines', 'camera'];

class Rig {
  readonly clock = new FakeClock();
  readonly sent: { topic: string; payload: CommandReplyPayload; correlation: string | undefined }[] = [];
  readonly events: DeviceEvent[] = [];
  readonly acts: Command[] = [];
  readonly filters: string[] = [];
  readonly lines;
  readonly gate: CommandGate;
  act: (command: Command) => Promise<Record<string, unknown>> = async () => ({ done: true });
  #hear: (payload: Buffer, packet: PacketFacts, topic: string) => void = () => {};

  constructor(allowed: CommandName[] = ALL, perMinute = 60) {
    const { log, lines } = logLines();
    this.lines = lines;
    this.gate = new CommandGate({
      ...{ clock: this.clock, log, bootId: 'b1' },
      listen: (filter, hear) => {
        this.filters.push(filter);
        this.#hear = hear;
        return () => {
          this.filters.splice(this.filters.indexOf(filter), 1);
          this.#hear = () => {};
        };
      },
      answer: (topic, payload, correlation) =>
        this.sent.push({
          topic,
          payload: payload as CommandReplyPayload,
          correlation: correlation?.toString(),
        }),
      tell: (event) => this.events.push(event),
      act: (command) => {
        this.acts.push(command);
        return this.act(command);
      },
      decode: (payload) => JSON.parse(Buffer.from(payload).toString()),
      secrets: () => ['hunter22'],
    });
    this.configure(allowed, perMinute);
  }

  configure(allowed: CommandName[], perMinute = 60): void {
    this.gate.configure({
      ...{ device: 'dock-3', root: ROOT, base: 'detectd', taken: ['homeassistant'] },
      ...{ allowed, perMinute },
    });
  }

  /** Gives the gate a command and waits for what comes of it. */
  async ask(name: string, payload: string | Buffer = '', packet: Partial<PacketFacts> = {}): Promise<void> {
    this.give(name, payload, packet);
    await settle();
  }

  give(name: string, payload: string | Buffer = '', packet: Partial<PacketFacts> = {}): void {
    this.#hear(Buffer.from(payload), { retained: false, ...packet }, `${ROOT}/cmd/${name}`);
  }

  get last() {
    return this.sent.at(-1);
  }

  get codes(): (string | undefined)[] {
    return this.sent.map(({ payload }) => payload.error?.code);
  }
}

t.test('a command is carried out, answered where it was asked, and told', async (t) => {
  const rig = new Rig();
  await rig.ask('camera', '{"id":"7","camera":"gate","enabled":false}');
  t.strictSame(rig.acts, [{ name: 'camera', camera: 'gate', enabled: false }]);
  t.match(rig.last, {
    topic: `${ROOT}/cmd/camera/reply`,
    payload: {
      device: 'dock-3',
      boot_id: 'b1',
      command: 'camera',
      id: '7',
      ok: true,
      result: { done: true },
    },
  });
  const correlationData = Buffer.from('c-1');
  await rig.ask('ping', '{}', { properties: { responseTopic: 'panel/7', correlationData } });
  t.match(rig.last, { topic: 'panel/7', correlation: 'c-1', payload: { command: 'ping', ok: true } });
  t.match(rig.events, [
    { type: 'command', camera: 'gate', severity: 'info', fields: { command: 'camera', ok: true } },
    { type: 'command', fields: { command: 'ping', reply_to: 'panel/7' } },
  ]);
});

t.test('what is not listed is forbidden, what does not exist unknown, and neither is done', async (t) => {
  const rig = new Rig(['ping']);
  await rig.ask('reload');
  await rig.ask('format-disk');
  await rig.ask('constructor');
  t.strictSame(rig.codes, ['COMMAND_FORBIDDEN', 'COMMAND_UNKNOWN', 'COMMAND_UNKNOWN']);
  t.match(rig.last?.payload.error?.hint, /obeys ping/);
  t.strictSame(rig.acts, []);
  t.match(rig.events[0], { type: 'command', severity: 'warning', code: 'COMMAND_FORBIDDEN' });
});

t.test('garbage is answered with a code, with its id where that can be read', async (t) => {
  const rig = new Rig();
  for (const payload of ['PRESS', '[]', Buffer.from([0xff, 0]), '{"id":"9","x":1}', 'x'.repeat(100_000)])
    await rig.ask('ping', payload);
  t.strictSame(rig.codes, Array(5).fill('COMMAND_INVALID'));
  t.equal(rig.sent[3]?.payload.id, '9');
  t.strictSame(rig.acts, []);
});

t.test('a name that cannot be part of a topic is answered only where a topic was given', async (t) => {
  const rig = new Rig();
  await rig.ask(`${'x'.repeat(60_000)}`);
  t.equal(rig.sent.length, 0);
  await rig.ask('\u001b[2J', '', { properties: { responseTopic: 'panel/7' } });
  t.match(rig.last, { topic: 'panel/7', payload: { error: { code: 'COMMAND_UNKNOWN' } } });
  t.notMatch(JSON.stringify([rig.sent, rig.lines, rig.events]), /\\u001b/);
});

t.test(
  'a response topic that is not for answers is refused beside the command, and nothing is done',
  async (t) => {
    const rig = new Rig();
    for (const responseTopic of [
      '#',
      '$SYS/x',
      'x'.repeat(65_535),
      `${ROOT}/status`,
      'detectd/other/cmd/reload',
    ])
      await rig.ask('reload', '', { properties: { responseTopic } });
    t.strictSame(rig.codes, Array(5).fill('COMMAND_INVALID'));
    t.ok(rig.sent.every(({ topic }) => topic === `${ROOT}/cmd/reload/reply`));
    t.strictSame(rig.acts, []);
  },
);

t.test('retained commands are never obeyed nor answered, and said once', async (t) => {
  const rig = new Rig();
  for (let index = 0; index < 1000; index += 1) await rig.ask('reload', '{}', { retained: true });
  t.strictSame([rig.acts, rig.sent], [[], []]);
  t.match(rig.lines, [{ hint: /mosquitto_pub -r -n -t 'detectd\/dock-3\/cmd\/reload'/ }]);
  await rig.ask('ping');
  t.ok(rig.last?.payload.ok, 'they use up nothing');
});

t.test('of a flood as many are obeyed as are allowed, and who floods is told once a second', async (t) => {
  const rig = new Rig(ALL, 60);
  for (let index = 0; index < 10_000; index += 1) rig.give('ping', '{}');
  await settle();
  t.equal(rig.acts.length + rig.codes.filter((code) => code === 'COMMAND_TOO_OFTEN').length, rig.sent.length);
  t.ok(rig.acts.length <= 60);
  t.ok(rig.sent.length <= 61, 'what is refused is not answered each time');
  t.equal(rig.codes.at(-1) ?? rig.codes.find(Boolean), 'COMMAND_TOO_OFTEN');
  rig.clock.advance(1000);
  const before = rig.sent.length;
  for (let index = 0; index < 100; index += 1) await rig.ask('ping', '{}');
  t.equal(rig.sent.length, before + 2, 'one is obeyed again, one told');
  t.ok(rig.events.length <= 62);
});

t.test('the same command delivered twice is done once and answered twice', async (t) => {
  const rig = new Rig();
  const properties = { responseTopic: 'panel/7', correlationData: Buffer.from('c-1') };
  await rig.ask('recycle', '', { properties });
  await rig.ask('recycle', '', { properties });
  t.equal(rig.acts.length, 1);
  t.strictSame(
    rig.sent.map(({ correlation, payload }) => [correlation, payload.ok]),
    [
      ['c-1', true],
      ['c-1', true],
    ],
  );
  await rig.ask('recycle', '', { properties: { ...properties, correlationData: Buffer.from('c-2') } });
  t.equal(rig.acts.length, 2);
  await rig.ask('ping', '', { properties });
  await rig.ask('ping', '', { properties });
  t.equal(rig.acts.length, 4, 'what does no harm is done again');
  await rig.ask('reload');
  await rig.ask('reload');
  t.equal(rig.acts.length, 6, 'nothing tells these from one another');
});

t.test('while a command runs the same one is not begun again, and only so many run at once', async (t) => {
  const rig = new Rig();
  const ends: (() => void)[] = [];
  rig.act = () => new Promise((resolve) => ends.push(() => resolve({})));
  for (let index = 0; index < 20; index += 1) {
    await rig.ask('recycle', `{"id":"${index % 10}"}`);
  }
  t.equal(rig.acts.length, 8);
  t.ok(rig.codes.every((code) => code === 'COMMAND_TOO_OFTEN'));
  for (const end of ends.splice(0)) end();
  await settle();
  t.equal(rig.sent.filter(({ payload }) => payload.ok).length, 8);
  await rig.ask('recycle', '{"id":"9"}');
  t.equal(rig.acts.length, 9);
});

t.test('what fails is answered with its code, secrets masked; so is what is no error of ours', async (t) => {
  const rig = new Rig();
  rig.act = () =>
    Promise.reject(new DetectdError('CAMERA_LOST', 'rtsp://u:hunter22@h fails', 'See hunter22.'));
  await rig.ask('snapshot', '{"camera":"gate"}');
  t.match(rig.last?.payload.error, {
    code: 'CAMERA_LOST',
    message: 'rtsp://u:***@h fails',
    hint: 'See ***.',
  });
  rig.act = () => Promise.reject(new TypeError('x is undefined'));
  await rig.ask('reload');
  t.match(rig.last?.payload.error, { code: 'COMMAND_FAILED', message: 'x is undefined' });
  rig.act = async () => ({ text: 'x'.repeat(70_000) });
  await rig.ask('engines');
  t.match(rig.last?.payload.error, { code: 'COMMAND_FAILED', message: /larger than/ });
  t.notMatch(JSON.stringify([rig.lines, rig.events]), /hunter22/);
});

t.test(
  'nothing is listened to where nothing is allowed, and other topics when the device has another name',
  async (t) => {
    const rig = new Rig([]);
    t.strictSame(rig.filters, []);
    rig.configure(['ping']);
    rig.configure(['ping', 'reload']);
    t.strictSame(rig.filters, [`${ROOT}/cmd/+`]);
    rig.gate.configure({
      ...{ device: 'd2', root: 'detectd/d2', base: 'detectd', taken: [], allowed: ['ping'], perMinute: 60 },
    });
    t.strictSame(rig.filters, ['detectd/d2/cmd/+']);
    rig.configure([]);
    t.strictSame(rig.filters, []);
  },
);

t.test('at the end whoever waits is told, and nothing is heard any more', async (t) => {
  const rig = new Rig();
  let end: () => void = () => {};
  rig.act = () =>
    new Promise((resolve) => {
      end = () => resolve({});
    });
  await rig.ask('recycle', '{"id":"1"}');
  rig.gate.close();
  t.match(rig.last?.payload, { id: '1', ok: false, error: { code: 'COMMAND_FAILED', message: /stopping/ } });
  end();
  await rig.ask('ping');
  rig.configure(ALL);
  t.equal(rig.sent.length, 1);
  t.strictSame(rig.filters, []);
});
