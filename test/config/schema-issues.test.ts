/** The schema's objections in words. */
import t from 'tap';
import { checkSchema } from '../../dist/config/schema-issues.js';

const base = { models: { m: { bundle: '/m' } }, cameras: { c: { source: 'v4l2:0', model: 'm' } } };
const messages = (overrides: unknown) =>
  checkSchema({ ...base, ...(overrides as object) }).findings.map(({ message, suggestion }) =>
    suggestion === undefined ? message : `${message} [${suggestion}]`,
  );

t.test('a good value comes out as configuration', (t) => {
  t.match(checkSchema(base), { config: { models: { m: { threads: 0 } } }, findings: [], issues: [] });
  t.end();
});

t.test('each kind of objection has its words', (t) => {
  const cases: [object, string][] = [
    [
      { log: { level: 'inf' } },
      '"log.level" must be one of trace, debug, info, warn, error, fatal, silent [info]',
    ],
    [{ mqtt: { protocol: 5 } }, '"mqtt.protocol" must be one of 5, auto, 3.1.1; put it in quotes'],
    [{ mqtt: { username: '' } }, '"mqtt.username" must not be empty'],
    [{ mqtt: { client_id: 'x'.repeat(129) } }, '"mqtt.client_id" must have at most 128 characters'],
    [{ mqtt: { username: null } }, '"mqtt.username" has no value; give it one (text) or remove the key'],
    [{ mqtt: { username: 5 } }, '"mqtt.username" must be text; put it in quotes'],
    [{ mqtt: { username: {} } }, '"mqtt.username" must be text'],
    [{ mqtt: { keepalive_s: 5000 } }, '"mqtt.keepalive_s" must be at most 3600'],
    [{ mqtt: { keepalive_s: 5.5 } }, '"mqtt.keepalive_s" must be a whole number'],
    [{ mqtt: [] }, '"mqtt" must be a mapping of keys to values'],
    [{ models: [] }, '"models" must be a mapping of names to settings'],
    [{ cameras: { c: { source: 'v4l2:0', model: 'm', fps: 0 } } }, '"cameras.c.fps" must be more than 0'],
    [{ camera: {} }, 'unknown key "camera" [cameras]'],
    [{ fps: 5 }, 'unknown key "fps"; it belongs to "cameras.<name>"'],
    [{ qqqq: 5 }, 'unknown key "qqqq"'],
  ];
  for (const [overrides, message] of cases) t.strictSame(messages(overrides), [message]);
  t.end();
});

t.test('what stands behind a refused name is checked too', (t) => {
  t.match(messages({ cameras: { 'Gate 1': { model: 'm', loop: 1 } } }), [
    /^the name in "cameras.Gate 1" must be/,
    '"cameras.Gate 1.source" is missing',
    '"cameras.Gate 1.loop" must be true or false',
  ]);
  t.match(messages({ models: { M: 5 } }), [/^the name/, '"models.M" must be a mapping of keys to values']);
  t.end();
});

t.test('values are never repeated', (t) => {
  const text = messages({ mqtt: { broker: 'hunter22', password: 22_446_688, protocol: 'hunter22' } }).join();
  t.notMatch(text, /hunter22|22446688/);
  t.end();
});
