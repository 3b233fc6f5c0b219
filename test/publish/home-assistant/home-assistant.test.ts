/** When Home Assistant is told, told again, and told no more. */
import { pino } from 'pino';
import t from 'tap';
import type { Hear } from '../../../dist/publish/broker-inbox.js';
import { type Announced, HomeAssistant } from '../../../dist/publish/home-assistant/home-assistant.js';
import { FakeClock } from '../../helpers/fake-clock.js';
import { homeAssistantFacts } from '../../helpers/home-assistant.js';

const TOPIC = 'homeassistant/device/detectd_dock-3/config';

function rig(remembered?: Announced, fault?: Error) {
  const clock = new FakeClock();
  const said: [string, string][] = [];
  const written: (Announced | undefined)[] = [];
  const hears = new Map<string, Hear>();
  const voice = new HomeAssistant({
    clock,
    log: pino({ level: 'silent' }),
    random: () => 0.5,
    announce: (topic, text) => said.push([topic, text]),
    listen: (topic, hear) => {
      hears.set(topic, hear);
      return () => hears.delete(topic);
    },
    memory: {
      read: async () => {
        if (fault) throw fault;
        return remembered;
      },
      write: async (announced) => {
        if (fault) throw fault;
        written.push(announced);
      },
    },
  });
  const born = (text = 'online') =>
    hears.get('homeassistant/status')?.(Buffer.from(text), { retained: false }, 'homeassistant/status');
  return { clock, said, written, hears, voice, born };
}

const components = (text: string | undefined) => JSON.parse(text ?? '{}').components;

t.test('it is told once, and again when something changed', async (t) => {
  const { voice, said, written } = rig();
  await voice.start();
  voice.tell(homeAssistantFacts());
  voice.tell(homeAssistantFacts());
  t.equal(said.length, 1);
  t.equal(said[0]?.[0], TOPIC);
  voice.tell(homeAssistantFacts({ version: '1.2.4' }));
  t.equal(said.length, 2);
  await voice.close();
  t.equal(written.at(-1)?.components['temperature'], 'sensor');
});

t.test('a camera that goes is taken away, and stays away in what is retained', async (t) => {
  const { voice, said, written } = rig();
  await voice.start();
  voice.tell(homeAssistantFacts());
  voice.tell(homeAssistantFacts({ cameras: [] }));
  t.strictSame(components(said[1]?.[1])['camera.gate.fps'], { platform: 'sensor' });
  voice.tell(homeAssistantFacts({ cameras: [], version: '2' }));
  t.strictSame(components(said[2]?.[1])['camera.gate.fps'], { platform: 'sensor' });
  await voice.close();
  t.notOk(written.at(-1)?.components['camera.gate.fps'], 'the next run need not take it away');
  voice.tell(homeAssistantFacts());
  t.match(components(said[3]?.[1])['camera.gate.fps'], { unique_id: /gate/ }, 'it may come back');
});

t.test('what an earlier run told is taken away where it is gone', async (t) => {
  const { voice, said } = rig({ topic: TOPIC, components: { 'camera.old.fps': 'sensor' } });
  await voice.start();
  voice.tell(homeAssistantFacts());
  t.strictSame(components(said[0]?.[1])['camera.old.fps'], { platform: 'sensor' });
});

t.test('under another name the old one goes', async (t) => {
  const old = 'homeassistant/device/detectd_dock-2/config';
  const { voice, said } = rig({ topic: old, components: { 'camera.old.fps': 'sensor' } });
  await voice.start();
  voice.tell(homeAssistantFacts());
  t.strictSame(
    said.map(([topic, text]) => [topic, text === '']),
    [
      [old, true],
      [TOPIC, false],
    ],
  );
  t.notOk(components(said[1]?.[1])['camera.old.fps'], 'it went with it');
});

t.test('nobody wants it told: what an earlier run told goes, once', async (t) => {
  const { voice, said, written, hears } = rig({ topic: TOPIC, components: {} });
  await voice.start();
  voice.tell(undefined);
  voice.tell(undefined);
  t.strictSame(said, [[TOPIC, '']]);
  t.equal(hears.size, 0);
  await voice.close();
  t.strictSame(written, [undefined]);
});

t.test('never wanted, nothing is said at all', async (t) => {
  const { voice, said, written } = rig();
  await voice.start();
  voice.tell(undefined);
  await voice.close();
  t.strictSame([said, written], [[], []]);
});

t.test(
  'when Home Assistant has started it is told again after a while, once however often it starts',
  async (t) => {
    const { voice, said, clock, born } = rig();
    await voice.start();
    voice.tell(homeAssistantFacts());
    for (let count = 0; count < 1000; count += 1) born();
    born('offline');
    clock.advance(5499);
    t.equal(said.length, 1);
    clock.advance(1);
    t.equal(said.length, 2);
    t.strictSame(said[1], said[0]);
    clock.advance(60_000);
    t.equal(said.length, 2);
    born('nonsense');
    born('x'.repeat(100_000));
    clock.advance(60_000);
    t.equal(said.length, 2);
    born();
    voice.tell(undefined);
    clock.advance(60_000);
    t.equal(said.length, 3, 'taken away, and not told again');
  },
);

t.test('a memory that cannot be read or written is no reason not to tell', async (t) => {
  const { voice, said } = rig(undefined, new Error('no disk'));
  await voice.start();
  voice.tell(homeAssistantFacts());
  t.equal(said.length, 1);
  await t.resolves(voice.close());
});
