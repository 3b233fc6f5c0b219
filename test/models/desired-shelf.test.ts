/** What survives a restart, and what a document that ends the process costs. */
import { join } from 'node:path';
import t from 'tap';
import { DesiredBook } from '../../dist/models/desired-book.js';
import { DesiredShelf } from '../../dist/models/desired-shelf.js';
import { DesiredStore } from '../../dist/models/desired-store.js';
import { payload } from '../helpers/desired.js';
import { logLines } from '../helpers/log-lines.js';

const NOW = Date.UTC(2026, 10, 23);
const DEVICE = { device: 'dock-3', signed: false };

function process(folder: string) {
  const book = new DesiredBook({ id: 'dock-3', tags: [], signed: false });
  const { log, lines } = logLines();
  const shelf = new DesiredShelf(new DesiredStore(folder), log);
  shelf.configure('dock-3');
  const take = async () => {
    const wanted = book.wanted(NOW);
    await shelf.begin(book, wanted);
    book.took(wanted, new Map());
    await shelf.keep(book);
  };
  return { book, shelf, lines, take };
}

t.test('what is in force and what waits come back', async (t) => {
  const folder = t.testdir();
  const first = process(folder);
  first.book.receive('fleet', payload({ version: 1, config: { log: { level: 'debug' } } }), NOW);
  await first.take();
  first.book.receive('fleet', payload({ version: 2, config: {}, rollout: { hold: true } }), NOW);
  await first.shelf.keep(first.book);
  const second = process(folder);
  await second.shelf.restore(second.book, DEVICE);
  t.match(second.book.wanted(NOW), { fleet: { version: 1 }, device: undefined });
  t.equal(second.book.kept('fleet').offered?.version, 2);
  await second.shelf.clear();
  const third = process(folder);
  await third.shelf.restore(third.book, DEVICE);
  t.strictSame(third.book.wanted(NOW), {});
});

t.test('of another device nothing counts, nor what is unsigned where signatures are wanted', async (t) => {
  const folder = t.testdir();
  const { book, take } = process(folder);
  for (const scope of ['fleet', 'device'] as const)
    book.receive(scope, payload({ version: 1, config: {} }), NOW);
  await take();
  const other = process(folder);
  await other.shelf.restore(other.book, { ...DEVICE, device: 'dock-4' });
  t.match(other.book.wanted(NOW), { fleet: { version: 1 }, device: undefined });
  const signed = process(folder);
  await signed.shelf.restore(signed.book, { ...DEVICE, signed: true });
  t.strictSame(signed.book.wanted(NOW), {});
  t.match(signed.lines, [{ code: 'DESIRED_BAD_SIGNATURE' }]);
});

t.test('a document that ends the process three times is given up', async (t) => {
  const folder = t.testdir();
  const first = process(folder);
  first.book.receive('fleet', payload({ version: 1, config: {} }), NOW);
  await first.shelf.begin(first.book, first.book.wanted(NOW));
  for (const tries of [1, 2]) {
    const next = process(folder);
    await next.shelf.restore(next.book, DEVICE);
    t.equal(next.book.wanted(NOW).fleet?.version, 1, `after ${tries} of them it is tried again`);
    await next.shelf.begin(next.book, next.book.wanted(NOW));
  }
  const last = process(folder);
  await last.shelf.restore(last.book, DEVICE);
  t.equal(last.book.wanted(NOW).fleet, undefined);
  t.match(last.book.report('fleet', NOW), { state: 'refused', error: { code: 'UPDATE_INTERRUPTED' } });
  last.book.receive('fleet', payload({ version: 1, config: {} }), NOW);
  t.equal(last.book.report('fleet', NOW).state, 'refused', 'heard again, it stays so');
  last.book.receive('fleet', payload({ version: 2, config: {} }), NOW);
  t.equal(last.book.wanted(NOW).fleet?.version, 2);
});

t.test('a disk that fails costs a warning, not the document', async (t) => {
  const folder = join(t.testdir({ file: '' }), 'file', 'x');
  const { book, lines, take, shelf } = process(folder);
  await shelf.restore(book, DEVICE);
  book.receive('fleet', payload({ version: 1, config: {} }), NOW);
  await take();
  await shelf.clear();
  await shelf.idle();
  t.equal(book.inForce.fleet?.version, 1);
  t.ok(lines.length > 0 && lines.every(({ code }) => code === 'UPDATE_STORE'));
});
