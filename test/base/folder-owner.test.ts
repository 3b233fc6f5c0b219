/** Who writes into the folder of a service. */
import t from 'tap';
import { becomeOwnerOf, type Identity } from '../../dist/base/folder-owner.js';

function madeUp(user: number, known = true): { identity: Identity; done: string[] } {
  const done: string[] = [];
  const tell =
    (what: string) =>
    (...args: unknown[]): void => {
      done.push(`${what} ${args.flat().join(' ')}`);
    };
  const identity: Identity = {
    geteuid: () => user,
    setgroups: tell('setgroups'),
    initgroups: (...args) => {
      if (!known) throw new Error('unknown user');
      tell('initgroups')(...args);
    },
    setgid: tell('setgid'),
    setuid: tell('setuid'),
  };
  return { identity, done };
}

const ofService = async () => ({ uid: 990, gid: 980 });

t.test('root becomes the user of the folder, with its groups', async (t) => {
  const { identity, done } = madeUp(0);
  t.equal(await becomeOwnerOf('/state', identity, ofService), true);
  t.strictSame(
    done,
    ['initgroups 990 980', 'setgid 980', 'setuid 990'],
    'in this order: the last one ends all rights',
  );
});

t.test('of a user that is not listed, its group alone', async (t) => {
  const { identity, done } = madeUp(0, false);
  t.equal(await becomeOwnerOf('/state', identity, ofService), true);
  t.strictSame(done, ['setgroups 980', 'setgid 980', 'setuid 990']);
});

t.test("others stay who they are, and so does root with a folder of root's or none", async (t) => {
  const { identity, done } = madeUp(1000);
  t.equal(await becomeOwnerOf('/state', identity, ofService), false);
  const root = madeUp(0);
  t.equal(await becomeOwnerOf('/state', root.identity, async () => ({ uid: 0, gid: 0 })), false);
  t.equal(await becomeOwnerOf('/none', root.identity, () => Promise.reject(new Error('ENOENT'))), false);
  t.strictSame([...done, ...root.done], []);
});
