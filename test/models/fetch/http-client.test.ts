/** Requests to a real server: what comes of them, and what is kept when they are cut. */
import t from 'tap';
import { httpGet } from '../../../dist/models/fetch/http-client.js';
import { archive, serving } from '../../helpers/fetching.js';

const CONTENT = archive(200_000);
const NEVER = new AbortController().signal;

t.test('headers have lower case and one value, bodies come whole', async (t) => {
  const server = await serving(t, CONTENT, [{ headers: { 'X-Odd': 'Yes' } }]);
  const answer = await httpGet(new URL(server.url), {}, { env: {}, signal: NEVER });
  t.match(answer, { status: 200, headers: { 'x-odd': 'Yes', 'content-length': `${CONTENT.length}` } });
  const pieces: Buffer[] = [];
  for await (const piece of answer.body) pieces.push(piece);
  t.ok(Buffer.concat(pieces).equals(CONTENT));
});

t.test('what came before a connection is cut is not lost', async (t) => {
  const server = await serving(t, CONTENT, [{ cutAt: 100_000 }]);
  const answer = await httpGet(new URL(server.url), {}, { env: {}, signal: NEVER });
  let bytes = 0;
  await t.rejects(async () => {
    for await (const piece of answer.body) bytes += piece.length;
  });
  t.equal(bytes, 100_000);
});

t.test('a request ends with the reason of its signal', async (t) => {
  const server = await serving(t, CONTENT, [{ silent: true }]);
  const stop = new AbortController();
  const answer = httpGet(new URL(server.url), {}, { env: {}, signal: stop.signal });
  stop.abort(new Error('enough'));
  await t.rejects(answer, /enough/);
});
