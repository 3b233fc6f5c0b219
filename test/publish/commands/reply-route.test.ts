/** Where a device may be made to speak, and where not. */
import t from 'tap';
import { replyRoute } from '../../../dist/publish/commands/reply-route.js';

const places = { base: 'detectd', root: 'detectd/dock-3', taken: ['homeassistant', 'frigate'] };
const route = (responseTopic?: string, correlationData?: Buffer, name = 'ping') =>
  replyRoute(
    name,
    {
      ...(responseTopic === undefined ? {} : { responseTopic }),
      ...(correlationData === undefined ? {} : { correlationData }),
    },
    places,
  );

t.test('without a response topic the answer goes beside the command', async (t) => {
  t.strictSame(replyRoute('ping', undefined, places), {
    topic: 'detectd/dock-3/cmd/ping/reply',
    correlation: undefined,
    error: undefined,
  });
  t.match(route(''), { topic: 'detectd/dock-3/cmd/ping/reply', error: undefined });
});

t.test('a topic of the one who asks is used, and the correlation given back', async (t) => {
  const data = Buffer.from([0, 255, 7]);
  t.strictSame(route('panel/7/answers', data), {
    topic: 'panel/7/answers',
    correlation: data,
    error: undefined,
  });
  t.match(route('detectd/dock-3/cmd/ping/reply/panel-7'), {
    topic: 'detectd/dock-3/cmd/ping/reply/panel-7',
    error: undefined,
  });
  t.match(route('detectdish/x'), { topic: 'detectdish/x', error: undefined });
});

t.test('topics where an answer would be taken for something else are refused', async (t) => {
  const bad = [
    '#',
    '+/x',
    'a/+/b',
    '$SYS/broker',
    '$share/a/b',
    '/x',
    'a\u0000b',
    'a\nb',
    'x'.repeat(769),
    'é'.repeat(400),
    'detectd',
    'detectd/dock-3/status',
    'detectd/dock-3/config/desired',
    'detectd/dock-3/cmd/reload',
    'detectd/dock-3/cmd/reply',
    'detectd/dock-3/cmd/a b/reply',
    'detectd/dock-4/cmd/reload',
    'detectd/dock-4/cmd/reload/reply',
    'detectd/fleet/config/desired',
    'homeassistant/device/x/config',
    'frigate/events',
  ];
  for (const topic of bad) {
    const { error, topic: instead } = route(topic);
    t.match(error, { code: 'COMMAND_INVALID' }, topic.slice(0, 40));
    t.equal(instead, 'detectd/dock-3/cmd/ping/reply');
    t.ok((error?.message.length ?? 0) < 300);
  }
});

t.test('large correlation data is not carried around', async (t) => {
  t.match(route('panel/7', Buffer.alloc(256)), { topic: 'panel/7', error: undefined });
  t.match(route('panel/7', Buffer.alloc(65_535)), {
    topic: 'detectd/dock-3/cmd/ping/reply',
    correlation: undefined,
    error: { code: 'COMMAND_INVALID' },
  });
});

t.test('a name that is none does not become part of a topic', async (t) => {
  for (const name of ['', 'a b', 'x'.repeat(65), 'ü', 'PING', 'a\u0000'])
    t.equal(route(undefined, undefined, name).topic, undefined, name);
  t.match(route('panel/7', undefined, 'a b'), { topic: 'panel/7' });
});
