/** Fetching as a whole: what it refuses to begin with. What the kinds of sources do is tried in their own tests. */
import t from 'tap';
import { fetchModel } from '../../../dist/models/fetch/fetch-model.js';
import { archive, fetchOptions, serving, target } from '../../helpers/fetching.js';

t.test('nothing is begun for who has given up, nor for what is used where it lies', async (t) => {
  const server = await serving(t, archive(1000));
  const options = fetchOptions(t);
  const given = AbortSignal.abort(new Error('enough'));
  await t.rejects(
    fetchModel(target({ kind: 'http', url: server.url }), { ...options, signal: given }),
    /enough/,
  );
  t.equal(server.requests.length, 0);
  await t.rejects(fetchModel(target({ kind: 'place', path: '/srv/a' }), options), { code: 'INTERNAL' });
});

t.test('a signature that was not wanted before is fetched for an archive that is whole', async (t) => {
  const content = archive(1000);
  const server = await serving(t, content, [], { minisig: 'signed' });
  const options = fetchOptions(t);
  const wanted = target({ kind: 'http', url: server.url }, content);
  t.equal((await fetchModel(wanted, options)).minisig, undefined);
  t.equal((await fetchModel(wanted, { ...options, wantSignature: true })).minisig, 'signed');
  t.equal(server.requests.length, 2, 'the archive only once');
});
