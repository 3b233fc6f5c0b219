/** Where things lie in the store, and what its errors mean. */
import t from 'tap';
import { DetectdError } from '../../dist/base/errors.js';
import { explained, slotPath, storeError, storeLayout } from '../../dist/models/store-layout.js';

t.test('everything lies below the state folder', (t) => {
  const layout = storeLayout('/var/lib/detectd');
  t.equal(layout.versions, '/var/lib/detectd/models/versions');
  t.equal(slotPath(layout, 'people'), '/var/lib/detectd/models/slots/people.json');
  t.end();
});

t.test('errors of the disk say what to do', async (t) => {
  const of = (code: string) => storeError('/s', Object.assign(new Error('no'), { code }));
  t.match(of('EROFS'), { code: 'FOLDER_UNWRITABLE', hint: /paths\.state/ });
  t.match(of('EACCES'), { code: 'FOLDER_UNWRITABLE' });
  t.match(of('ENOSPC'), { code: 'UPDATE_NO_SPACE' });
  t.match(of('EIO'), { code: 'UPDATE_STORE' });
  const own = new DetectdError('UPDATE_BUSY', 'Busy.');
  t.equal(storeError('/s', own), own);
  await t.rejects(
    explained('/s', async () => {
      throw Object.assign(new Error('full'), { code: 'EDQUOT' });
    }),
    { code: 'UPDATE_NO_SPACE' },
  );
  t.equal(await explained('/s', async () => 5), 5);
});
