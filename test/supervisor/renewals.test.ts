/** Who waits for a fresh worker, and how it ends for each. */
import t from 'tap';
import { Renewals } from '../../dist/supervisor/renewals.js';

/** What has become of a promise so far. */
async function fate(promise: Promise<void>): Promise<string> {
  return Promise.race([
    promise.then(
      () => 'resolved',
      (error: unknown) => `rejected: ${error}`,
    ),
    new Promise<string>((resolve) => setImmediate(() => resolve('waiting'))),
  ]);
}

t.test('a worker that was started before somebody asked does not count', async (t) => {
  const renewals = new Renewals();
  t.notOk(renewals.wanted);
  const first = renewals.add();
  t.ok(renewals.wanted);
  renewals.started();
  const second = renewals.add();
  renewals.serves();
  t.equal(await fate(first), 'resolved');
  t.equal(await fate(second), 'waiting');
  t.ok(renewals.wanted);
  renewals.started();
  t.notOk(renewals.wanted);
  renewals.serves();
  t.equal(await fate(second), 'resolved');
});

t.test('a worker that fails is told to those who wait for it', async (t) => {
  const renewals = new Renewals();
  const first = renewals.add();
  renewals.started();
  const second = renewals.add();
  renewals.failed('out of memory');
  t.equal(await fate(first), 'rejected: out of memory');
  t.equal(await fate(second), 'waiting');
});

t.test('when it is dropped they wait for the one after it', async (t) => {
  const renewals = new Renewals();
  const asked = renewals.add();
  renewals.started();
  renewals.dropped();
  renewals.serves();
  t.equal(await fate(asked), 'waiting');
  t.ok(renewals.wanted);
  renewals.started();
  renewals.serves();
  t.equal(await fate(asked), 'resolved');
});

t.test('at the end nobody is left waiting', async (t) => {
  const renewals = new Renewals();
  const first = renewals.add();
  renewals.started();
  const second = renewals.add();
  renewals.end();
  t.equal(await fate(first), 'resolved');
  t.equal(await fate(second), 'resolved');
});

t.test('it is urgent as long as somebody who cannot wait has no worker on its way', async (t) => {
  const renewals = new Renewals();
  void renewals.add();
  t.notOk(renewals.urgent);
  void renewals.add(true);
  t.ok(renewals.urgent);
  renewals.started();
  t.notOk(renewals.urgent);
  renewals.dropped();
  t.ok(renewals.urgent);
  renewals.end();
});
