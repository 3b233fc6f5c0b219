/** What is on disk of an archive: what survives which end, and what is not believed. */
import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { ModelTarget } from '../../../dist/core/model-update.js';
import {
  Download,
  discardDownload,
  downloadName,
  sweepDownloads,
} from '../../../dist/models/fetch/download.js';
import { FakeClock } from '../../helpers/fake-clock.js';
import { archive, sha256, target } from '../../helpers/fetching.js';

const CONTENT = archive(100_000);
const SOURCE = { kind: 'http', url: 'https://joe:secret@host/a.tar.gz' } as const;
const OFFER = { size: CONTENT.length, validator: '"v1"' };

function opener(t: Test) {
  const folder = join(t.testdir({}), 'downloads');
  const clock = new FakeClock();
  const base = join(folder, downloadName(SOURCE));
  const open = (wanted: ModelTarget = target(SOURCE, CONTENT), fresh = false) =>
    Download.open({ folder, target: wanted, clock, fresh, onMoved: () => undefined });
  return { folder, clock, base, open };
}

t.test('what was synced is gone on with, what was not is dropped', async (t) => {
  const { base, open, folder } = opener(t);
  const first = await open();
  t.equal(first.start, 0);
  await first.begin(OFFER);
  await first.append(CONTENT.subarray(0, 40_000));
  await first.sync();
  await first.append(CONTENT.subarray(40_000, 50_000));
  await first.close();
  t.notMatch(readdirSync(folder).join() + readFileSync(`${base}.json`, 'utf8'), /secret|host/);
  // As after a power cut: what was not synced may be anything.
  truncateSync(`${base}.part`, 40_000);
  appendFileSync(`${base}.part`, Buffer.alloc(30_000));
  const second = await open();
  t.equal(second.start, 40_000);
  t.equal(second.sha256, sha256(CONTENT.subarray(0, 40_000)));
  t.strictSame(second.offer, OFFER);
  second.goOn(OFFER);
  await second.append(CONTENT.subarray(40_000));
  t.ok(second.pieced);
  await second.finish('signature');
  await second.close();
  t.ok(readFileSync(second.archivePath).equals(CONTENT));
  const third = await open();
  t.ok(third.finished);
  t.equal(third.sha256, sha256(CONTENT));
  t.equal(await third.minisig(), 'signature');
  t.ok(third.pieced);
});

t.test('what comes is synced every few megabytes or seconds', async (t) => {
  const { base, open, clock } = opener(t);
  const synced = () => JSON.parse(readFileSync(`${base}.json`, 'utf8')).synced;
  const download = await open();
  await download.begin({ size: undefined, validator: '"v1"' });
  await download.append(Buffer.alloc(1 << 20));
  t.equal(synced(), 0);
  clock.advance(5000);
  await download.append(Buffer.alloc(1));
  t.equal(synced(), (1 << 20) + 1);
  await download.append(Buffer.alloc(8 << 20));
  t.equal(synced(), (9 << 20) + 1);
  await download.close();
});

t.test('what does not fit its record is begun anew', async (t) => {
  const { base, open } = opener(t);
  const part = async (): Promise<void> => {
    const download = await open(undefined, true);
    await download.begin(OFFER);
    await download.append(CONTENT.subarray(0, 40_000));
    await download.sync();
    await download.close();
  };
  const start = async (wanted?: ModelTarget): Promise<number> => {
    const download = await open(wanted);
    await download.close();
    return download.start;
  };
  await part();
  t.equal(await start(), 40_000);
  t.equal(await start({ ...target(SOURCE, CONTENT), attempt: 1 }), 0, 'another attempt');
  await part();
  truncateSync(`${base}.part`, 39_999);
  t.equal(await start(), 0, 'shorter than was synced');
  for (const text of ['', '{', 'null', '{"schema":2}', '{"schema":1,"target":"x","synced":-1}']) {
    await part();
    writeFileSync(`${base}.json`, text);
    t.equal(await start(), 0, text);
  }
});

t.test('a whole archive that was damaged, or is not the wanted one, is fetched anew', async (t) => {
  const { base, open } = opener(t);
  const whole = async (content: Buffer): Promise<void> => {
    const download = await open(undefined, true);
    await download.begin(OFFER);
    await download.append(content);
    await download.finish(undefined);
    await download.close();
  };
  await whole(CONTENT);
  const damaged = Buffer.from(CONTENT);
  damaged[5] = 0;
  writeFileSync(`${base}.archive`, damaged);
  t.notOk((await open()).finished);
  t.notOk(existsSync(`${base}.archive`));
  await whole(damaged);
  t.notOk((await open()).finished, 'a wrong one is not handed out a second time');
});

t.test('without a digest and a validator there is nothing to go on with', async (t) => {
  const { open } = opener(t);
  const download = await open(target(SOURCE));
  await download.begin({ size: 10, validator: undefined });
  await download.append(Buffer.alloc(5));
  t.equal(download.bytes, 5);
  t.equal(download.start, 0);
  await download.distrust();
  await download.begin(OFFER);
  await download.append(Buffer.alloc(5));
  t.equal(download.start, 0, 'nor after it was distrusted');
  await download.close();
});

t.test('everything of a source can be dropped, and files in the way are told of', async (t) => {
  const { folder, base, open } = opener(t);
  const download = await open();
  await download.begin(OFFER);
  await download.close();
  await discardDownload(folder, SOURCE);
  t.strictSame(readdirSync(folder), []);
  await open();
  t.equal(statSync(`${base}.part`).size, 0);
  const left = join(folder, `.${downloadName(SOURCE)}.json.0123456789ab.tmp`);
  writeFileSync(left, 'half');
  await open();
  t.notOk(existsSync(left), 'also what a killed process left');
  const blocked = join(t.testdirName, 'file');
  writeFileSync(blocked, '');
  const options = { folder: blocked, target: target(SOURCE), clock: new FakeClock(), fresh: false };
  await t.rejects(Download.open({ ...options, onMoved: () => undefined }), { code: 'FOLDER_UNWRITABLE' });
});

t.test('what nobody wants any more is removed, with what an interrupted write left of it', async (t) => {
  const { open, folder } = opener(t);
  const download = await open();
  await download.begin(OFFER);
  await download.append(CONTENT.subarray(0, 1000));
  await download.close();
  const mine = readdirSync(folder);
  const other = downloadName({ kind: 'file', path: '/srv/old.tar.gz' });
  for (const name of [`${other}.archive`, `.${other}.json.0a1b2c.tmp`, 'stranger'])
    writeFileSync(join(folder, name), 'x');
  await sweepDownloads(folder, [SOURCE]);
  t.strictSame(readdirSync(folder), mine);
  await sweepDownloads(join(folder, 'missing'), []);
  await sweepDownloads(folder, []);
  t.strictSame(readdirSync(folder), []);
});
