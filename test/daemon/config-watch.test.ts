import { mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import t from 'tap';
import { ConfigWatch } from '../../dist/daemon/config-watch.js';
import { FakeClock } from '../helpers/fake-clock.js';
import { until } from '../helpers/until.js';

function rig(path: string, look?: (path: string) => Promise<string | undefined>) {
  const clock = new FakeClock();
  let replaced = 0;
  const onReplaced = (): void => {
    replaced += 1;
  };
  const watch = new ConfigWatch({ clock, path, onReplaced, ...(look === undefined ? {} : { look }) });
  return { clock, watch, replaced: () => replaced };
}

/** One look at what `seen` gives at the moment. */
async function lookAt(clock: FakeClock): Promise<void> {
  clock.advance(2000);
  for (let turns = 0; turns < 5; turns += 1) await turn();
}

t.test('a replaced file is told once, when it has come to rest', async (t) => {
  let seen: string | undefined = 'a';
  const { clock, watch, replaced } = rig('/etc/detectd/detectd.yaml', async () => seen);
  t.teardown(() => watch.close());
  await watch.configure(true);
  await lookAt(clock);
  t.equal(replaced(), 0);
  for (const writing of ['b1', 'b2', 'b3']) {
    seen = writing;
    await lookAt(clock);
  }
  t.equal(replaced(), 0, 'not while it is being written');
  await lookAt(clock);
  await lookAt(clock);
  t.equal(replaced(), 1);
});

t.test('a file that is gone for a while is waited for', async (t) => {
  let seen: string | undefined = 'a';
  const { clock, watch, replaced } = rig('/x', async () => seen);
  t.teardown(() => watch.close());
  await watch.configure(true);
  seen = undefined;
  await lookAt(clock);
  await lookAt(clock);
  t.equal(replaced(), 0);
  seen = 'a';
  await lookAt(clock);
  await lookAt(clock);
  t.equal(replaced(), 0, 'it is the one that was read');
  seen = 'b';
  await lookAt(clock);
  await lookAt(clock);
  t.equal(replaced(), 1);
});

t.test('a file system that hangs is asked once', async (t) => {
  let asked = 0;
  let answer: ((seen: string) => void) | undefined;
  const { clock, watch, replaced } = rig('/x', () => {
    asked += 1;
    if (asked === 1) return Promise.resolve('a');
    return new Promise((resolve) => {
      answer = resolve;
    });
  });
  t.teardown(() => watch.close());
  await watch.configure(true);
  for (let look = 0; look < 5; look += 1) await lookAt(clock);
  t.equal(asked, 2);
  watch.close();
  answer?.('b');
  await lookAt(clock);
  t.equal(replaced(), 0, 'what comes after the end is not told');
});

t.test('on a disk, writing over, renaming and turning a link are seen', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'detectd-watch-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, 'detectd.yaml');
  const [first, second] = [join(folder, 'first'), join(folder, 'second')];
  await writeFile(path, 'a');
  const { clock, watch, replaced } = rig(path);
  t.teardown(() => watch.close());
  await watch.configure(true);
  const settled = async (): Promise<void> => {
    const before = replaced();
    await until(() => {
      clock.advance(2000);
      return replaced() > before;
    });
  };
  await writeFile(path, 'bb');
  await settled();
  t.equal(replaced(), 1, 'written over');
  await writeFile(first, 'ccc');
  await rename(first, path);
  await settled();
  t.equal(replaced(), 2, 'renamed');
  await writeFile(second, 'dddd');
  await symlink('second', first);
  await rename(first, path);
  await settled();
  t.equal(replaced(), 3, 'a link');
});

t.test('it can be switched off and on', async (t) => {
  let seen = 'a';
  const { clock, watch, replaced } = rig('/x', async () => seen);
  t.teardown(() => watch.close());
  await watch.configure(true);
  await watch.configure(false);
  seen = 'b';
  await lookAt(clock);
  await lookAt(clock);
  await watch.configure(true);
  await lookAt(clock);
  await lookAt(clock);
  t.equal(replaced(), 0, 'what is there when it is switched on counts as read');
});
