import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { readPublicKey, readTrustedKeys } from '../../dist/models/trust-keys.js';
import { KEY_ID, PUBLIC_KEY, PUBLIC_KEY_FILE } from '../helpers/minisign-files.js';

t.test(
  'keys are read from their lines and from files, and a broken one takes nothing from the others',
  async (t) => {
    const folder = t.testdir({
      'good.pub': PUBLIC_KEY_FILE,
      'bad.pub': 'hello\n',
      'large.pub': 'x'.repeat(10_000),
    });
    mkdirSync(join(folder, 'folder.pub'));
    const path = (name: string) => join(folder, name);
    const found = await readTrustedKeys([
      PUBLIC_KEY,
      path('good.pub'),
      path('none.pub'),
      path('bad.pub'),
      path('large.pub'),
      path('folder.pub'),
      PUBLIC_KEY.replace('q', '='),
    ]);
    t.strictSame(
      found.map(({ key }) => key?.id),
      [KEY_ID, KEY_ID, undefined, undefined, undefined, undefined, undefined],
    );
    t.strictSame(
      found.map(({ problem }) => problem?.code),
      [undefined, undefined, ...Array(5).fill('KEY_INVALID')],
    );
    t.match(found[2]?.problem?.message, /none\.pub does not exist/);
    t.match(found[4]?.problem?.message, /larger than/);
    t.match(found[5]?.problem?.message, /not a regular file|EISDIR/);
    t.match(found[6]?.problem?.message, /56 characters/);
    writeFileSync(path('RWkey'), PUBLIC_KEY_FILE);
    t.equal((await readPublicKey(path('RWkey'))).id, KEY_ID, 'a file may have any name');
  },
);
