import t from 'tap';
import { modelSourceText, parseModelSource } from '../../dist/config/model-source.js';

t.test('a model comes from its place, a file, a server or the broker', async (t) => {
  const cases: [string, object][] = [
    ['/srv/models/people', { kind: 'place', path: '/srv/models/people' }],
    ['models/people.tar.gz', { kind: 'place', path: '/etc/detectd/models/people.tar.gz' }],
    ['./odd:name', { kind: 'place', path: '/etc/detectd/odd:name' }],
    ['file:/srv/people.tar.gz', { kind: 'file', path: '/srv/people.tar.gz' }],
    ['file:///srv/people.tar.gz', { kind: 'file', path: '/srv/people.tar.gz' }],
    ['file:people.tar.gz', { kind: 'file', path: '/etc/detectd/people.tar.gz' }],
    ['https://host/people.tar.gz?x=1', { kind: 'http', url: 'https://host/people.tar.gz?x=1' }],
    ['http://10.0.0.2:8000/p.tgz', { kind: 'http', url: 'http://10.0.0.2:8000/p.tgz' }],
    ['mqtt:detectd/models/people', { kind: 'mqtt', topic: 'detectd/models/people' }],
  ];
  for (const [text, source] of cases) t.strictSame(parseModelSource(text, '/etc/detectd'), source, text);
  t.equal(modelSourceText(parseModelSource('people', '/srv')), '/srv/people');
  t.equal(modelSourceText(parseModelSource('file:people', '/srv')), 'file:/srv/people');
  for (const text of ['https://host/p.tgz', 'mqtt:a/b'])
    t.equal(modelSourceText(parseModelSource(text)), text, 'what is no path stays as it is');
});

t.test('a source that cannot be read is refused with what would do', async (t) => {
  const cases: [string, RegExp][] = [
    ['ftp://host/p.tgz', /begins with "ftp:"; known are/],
    ['https://', /cannot be read as an address/],
    ['https://host/a b', /cannot be read as an address/],
    ['https://host/p.tgz#part', /holds a "#"/],
    ['mqtt:', /names no topic/],
    ['mqtt:a/#', /names no topic/],
    ['mqtt:$SYS/x', /names no topic/],
    ['file:', /names no file/],
    ['a\nb', /control character/],
    ['x'.repeat(5000), /longer than 4096/],
  ];
  for (const [text, message] of cases)
    t.throws(() => parseModelSource(text), { code: 'CONFIG_INVALID', message }, text.slice(0, 30));
});
