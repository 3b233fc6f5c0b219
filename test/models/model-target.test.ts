/** What is wanted of a model, and the key that it is remembered by. */
import t from 'tap';
import { modelSchema } from '../../dist/config/schema.js';
import { modelWish, targetKey } from '../../dist/models/model-target.js';
import { madeUpTarget, sha } from '../helpers/model-slots.js';

t.test('a wish says where from, what, and what it must be', (t) => {
  const config = modelSchema.parse({
    bundle: 'https://host/people.tar.gz',
    sha256: sha('a'),
    version: '1.3.0',
    classes: ['person'],
    downgrade: true,
    urgent: true,
    attempt: 2,
  });
  t.strictSame(modelWish(config), {
    target: {
      source: { kind: 'http', url: 'https://host/people.tar.gz' },
      sha256: sha('a'),
      version: '1.3.0',
      attempt: 2,
    },
    classes: ['person'],
    downgrade: true,
    urgent: true,
  });
  t.throws(() => modelWish(modelSchema.parse({ bundle: 'ftp://host/x' })), { code: 'CONFIG_INVALID' });
  t.end();
});

t.test('the key is the same for the same wish, another for each other one, and gives no secret away', (t) => {
  const targets = [
    madeUpTarget('1'),
    madeUpTarget('1', { attempt: 2 }),
    madeUpTarget('1', { sha256: undefined }),
    madeUpTarget('1', { version: '1' }),
    madeUpTarget('1', { source: { kind: 'place', path: '/srv/1.tar.gz' } }),
    madeUpTarget('1', { source: { kind: 'http', url: 'https://user:hunter2@host/1' } }),
    madeUpTarget('1', { source: { kind: 'mqtt', topic: 'models/1' } }),
  ];
  const keys = targets.map(targetKey);
  t.equal(new Set(keys).size, targets.length);
  t.strictSame(
    keys,
    targets.map((target) => targetKey(structuredClone(target))),
  );
  for (const key of keys) t.match(key, /^[0-9a-f]{32}$/);
  t.end();
});
