/** What a pipeline leaves is seen with its time, by a clock that does not jump, and kept no longer than wanted. */
import { existsSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { PieceFolder } from '../../dist/recording/piece-folder.js';
import { FakeClock } from '../helpers/fake-clock.js';

function rig(t: Test, keepS = 3) {
  const folder = join(t.testdir(), 'gate');
  const clock = new FakeClock({ monotonicUs: 100_000_000 });
  const pieces = new PieceFolder({ folder, keepS, clock });
  /** A piece that was written now. */
  const write = (name: string, bytes = 188) => {
    writeFileSync(join(folder, name), Buffer.alloc(bytes));
    utimesSync(join(folder, name), clock.wallMs() / 1000, clock.wallMs() / 1000);
  };
  return { folder, clock, pieces, write };
}

t.test('each piece has its time; it is whole when another one follows it', async (t) => {
  const { pieces, write, clock } = rig(t);
  await pieces.start();
  write('a-000000.ts', 100);
  clock.advance(200);
  t.match(await pieces.look(), [{ run: 'a', index: 0, whole: false, bytes: 100, toUs: 100_000_000 }]);
  clock.advance(500);
  write('a-000000.ts', 200);
  clock.advance(300);
  write('a-000001.ts');
  const [first, second] = await pieces.look();
  t.match(first, { whole: true, bytes: 200, fromUs: 100_000_000, toUs: 100_700_000 });
  t.match(second, { whole: false, fromUs: 100_700_000, toUs: 101_000_000 });
});

t.test('the last one of a run is whole when nothing came for a while', async (t) => {
  const { pieces, write, clock } = rig(t);
  await pieces.start();
  write('a-000000.ts');
  await pieces.look();
  clock.advance(2900);
  t.match(await pieces.look(), [{ whole: false }]);
  clock.advance(200);
  t.match(await pieces.look(), [{ whole: true, toUs: 100_000_000 }]);
});

t.test('a wall clock that jumps moves a piece by no more than the time between two looks', async (t) => {
  for (const jumpMs of [86_400_000, -86_400_000]) {
    const { pieces, write, clock } = rig(t);
    await pieces.start();
    await pieces.look();
    clock.advance(500);
    write('a-000000.ts');
    clock.jumpWall(jumpMs);
    clock.advance(100);
    const [piece] = await pieces.look();
    const toUs = piece?.toUs ?? 0;
    t.ok(toUs >= 100_000_000 && toUs <= 100_600_000, `${jumpMs}: ${toUs}`);
  }
});

t.test('what is older than wanted goes; of a camera that is gone the last seconds stay', async (t) => {
  const { pieces, write, clock, folder } = rig(t);
  await pieces.start();
  for (let index = 0; index < 6; index += 1) {
    write(`a-00000${index}.ts`);
    clock.advance(1000);
    await pieces.look();
  }
  writeFileSync(join(folder, 'note.txt'), 'mine');
  await pieces.prune();
  const left = ['a-000002.ts', 'a-000003.ts', 'a-000004.ts', 'a-000005.ts', 'note.txt'];
  t.strictSame(readdirSync(folder), left);
  clock.advance(3_600_000);
  await pieces.look();
  await pieces.prune();
  t.strictSame(readdirSync(folder), left);
});

t.test('what an earlier start left is taken away, and a folder that is gone is made again', async (t) => {
  const { pieces, write, folder } = rig(t);
  await pieces.start();
  write('old-000009.ts');
  await pieces.start();
  t.strictSame(readdirSync(folder), []);
  rmSync(folder, { recursive: true });
  t.strictSame(await pieces.look(), []);
  write('a-000000.ts');
  t.equal((await pieces.look()).length, 1);
  await pieces.clear();
  t.notOk(existsSync(folder));
});
