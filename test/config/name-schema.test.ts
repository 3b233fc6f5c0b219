import t from 'tap';
import { nameSchema } from '../../dist/config/name-schema.js';

t.test('names are fit for topics, files and metrics', async (t) => {
  for (const name of ['a', '0', 'dock-3', 'yard_2', 'x'.repeat(63)])
    t.ok(nameSchema.safeParse(name).success, name);
  for (const name of ['', '-a', '_a', 'A', 'a/b', 'a b', 'a+', '#', 'ä', 'x'.repeat(64)])
    t.notOk(nameSchema.safeParse(name).success, name);
});
