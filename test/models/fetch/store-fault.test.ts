/** What the disk says, as a fault of fetching. */
import t from 'tap';
import { DetectdError } from '../../../dist/base/errors.js';
import { storeFault } from '../../../dist/models/fetch/store-fault.js';

t.test('a full disk is no room, everything else is the store, and what is ours stays', (t) => {
  const system = (code: string) => Object.assign(new Error(`${code}: it failed`), { code });
  t.match(storeFault(system('ENOSPC'), '/store'), {
    code: 'UPDATE_NO_SPACE',
    again: 'later',
    message: /\/store/,
  });
  t.match(storeFault(system('EDQUOT'), '/store'), { code: 'UPDATE_NO_SPACE' });
  t.match(storeFault(system('EIO'), '/store'), { code: 'UPDATE_STORE', again: 'later', message: /EIO/ });
  const ours = new DetectdError('FOLDER_UNWRITABLE', 'No.');
  t.equal(storeFault(ours, '/store'), ours);
  t.end();
});
