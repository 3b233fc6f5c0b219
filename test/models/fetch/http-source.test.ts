/** Archives from real web servers that cut, stall, lie and change their minds: whole and right in the end, or refused. */
import { readFileSync } from 'node:fs';
import t, { type Test } from 'tap';
import type { ModelTarget } from '../../../dist/core/model-update.js';
import { FetchFault } from '../../../dist/models/fetch/fetch-fault.js';
import { fetchModel } from '../../../dist/models/fetch/fetch-model.js';
import type { Fetched, FetchOptions } from '../../../dist/models/fetch/fetch-options.js';
import { Throttle } from '../../../dist/models/fetch/throttle.js';
import type { BadServer, Behaviour } from '../../../scripts/proof/bad-server.mjs';
import { quickClock } from '../../../scripts/proof/quick-clock.mjs';
import { archive, fetchOptions, partBytes, serving, sha256, target } from '../../helpers/fetching.js';

const CONTENT = archive(300_000);
const OTHER = archive(300_000, 'other');

function at(server: BadServer, content?: Buffer): ModelTarget {
  return target({ kind: 'http', url: server.url }, content);
}

async function got(
  t: Test,
  behaviours: Behaviour[],
  change: Partial<FetchOptions> = {},
): Promise<{ fetched: Fetched; server: BadServer }> {
  const server = await serving(t, CONTENT, behaviours);
  const fetched = await fetchModel(at(server, CONTENT), fetchOptions(t, change));
  t.equal(fetched.sha256, sha256(CONTENT));
  t.equal(fetched.bytes, CONTENT.length);
  t.ok(readFileSync(fetched.archivePath).equals(CONTENT), 'the archive is the one of the server');
  return { fetched, server };
}

async function refused(
  t: Test,
  behaviours: Behaviour[],
  expected: { code?: string; again: string; message: RegExp },
  change: Partial<FetchOptions> = {},
): Promise<BadServer> {
  const server = await serving(t, CONTENT, behaviours);
  const fault = await fetchModel(at(server, CONTENT), fetchOptions(t, change)).catch((error) => error);
  t.ok(fault instanceof FetchFault, String(fault));
  t.match(fault, { code: 'UPDATE_FETCH', ...expected });
  return server;
}

t.test('an archive and its signature are fetched, and progress is told', async (t) => {
  const server = await serving(t, CONTENT, [], { minisig: 'untrusted comment: x\n' });
  const told: [number, number | undefined][] = [];
  let room = 0;
  const fetched = await fetchModel(at(server, CONTENT), {
    ...fetchOptions(t),
    wantSignature: true,
    makeRoom: async (bytes) => {
      room = bytes;
    },
    onProgress: ({ done, total }) => void told.push([done, total]),
  });
  t.match(fetched, { bytes: CONTENT.length, minisig: 'untrusted comment: x\n', doubtful: false });
  t.equal(room, CONTENT.length);
  t.strictSame(told.at(-1), [CONTENT.length, CONTENT.length]);
  t.equal(server.requests[0]?.range, undefined);
  t.equal(server.requests[1]?.url, '/people.tar.gz.minisig');
});

t.test('a signature that is not there is undefined, a large one is refused', async (t) => {
  const server = await serving(t, CONTENT);
  const options = { ...fetchOptions(t), wantSignature: true };
  t.equal((await fetchModel(at(server, CONTENT), options)).minisig, undefined);
  server.minisig = 'x'.repeat(4097);
  await t.rejects(fetchModel(at(server, CONTENT), { ...options, fresh: true }), {
    code: 'UPDATE_TOO_LARGE',
    message: /signature/,
  });
});

t.test('what is cut is gone on with, and asked for by its ETag', async (t) => {
  const { server, fetched } = await got(t, [{ cutAt: 100_000 }, { cutAt: 50_000 }, {}]);
  t.equal(server.requests.length, 3);
  t.match(server.requests[1]?.range, /^bytes=\d+-$/);
  t.match(server.requests[1]?.ifRange, /^"/);
  t.ok(fetched.doubtful, 'it was put together');
});

t.test('what stalls is cut off and gone on with', async (t) => {
  const { server } = await got(t, [{ stallAt: 70_000 }, { silent: true }, {}]);
  t.equal(server.requests.length, 3);
  t.match(server.requests[2]?.range, /^bytes=/);
});

t.test('parts that do not fit are not taken, and the whole is fetched anew', async (t) => {
  const made: [string, Behaviour][] = [
    ['another start', { range: (from, to, size) => `bytes ${from + 1}-${to}/${size}` }],
    ['another size', { range: (from, to, size) => `bytes ${from}-${to}/${size + 9}` }],
    ['beyond the end', { range: (from, to, size) => `bytes ${from}-${to + 5}/${size}` }],
    ['backwards', { range: (from, _to, size) => `bytes ${from}-${from - 1}/${size}` }],
    ['nothing', { range: () => undefined }],
    ['nonsense', { range: () => 'bytes all/of-it' }],
    [
      'many parts',
      { range: () => undefined, headers: { 'content-type': 'multipart/byteranges; boundary=x' } },
    ],
    ['another length', { length: 100 }],
    ['another ETag', { headers: { etag: '"other"' } }],
    ['no such part', { status: 416 }],
  ];
  for (const [name, behaviour] of made)
    await t.test(name, async (t) => {
      const { server } = await got(t, [{ cutAt: 100_000 }, behaviour]);
      t.equal(server.requests.at(-1)?.range, undefined, 'the whole was asked for');
    });
});

t.test('shifted bytes that are told as the right ones are found out by the digest', async (t) => {
  const { server, fetched } = await got(t, [{ cutAt: 100_000 }, { skew: -7 }, {}]);
  t.equal(server.requests.at(-1)?.range, undefined);
  t.notOk(fetched.doubtful, 'in one piece');
});

t.test('an archive that changes midway is begun anew, with an ETag and without', async (t) => {
  for (const validator of ['strong', 'weak', false] as const) {
    const server = await serving(t, OTHER, [
      { cutAt: 100_000, becomes: CONTENT, validator },
      { validator },
      { validator },
    ]);
    const fetched = await fetchModel(at(server, CONTENT), fetchOptions(t));
    t.ok(readFileSync(fetched.archivePath).equals(CONTENT), `validator: ${validator}`);
  }
});

t.test('without a digest and an ETag nothing is put together', async (t) => {
  const server = await serving(t, CONTENT, [{ cutAt: 100_000, validator: false }, { validator: false }]);
  const fetched = await fetchModel(at(server), fetchOptions(t));
  t.ok(readFileSync(fetched.archivePath).equals(CONTENT));
  t.strictSame(
    server.requests.map(({ range }) => range),
    [undefined, undefined],
  );
});

t.test('a server without ranges is asked for the whole each time', async (t) => {
  await got(t, [{ cutAt: 100_000, ignoresRanges: true }, { ignoresRanges: true }]);
});

t.test('lengths that are not true end in the right archive or in none', async (t) => {
  await got(t, [{ length: 5000, cutAt: 299_999 }, {}]);
  await got(t, [{ length: 'chunked', cutAt: 1000 }, {}]);
  await got(t, [{ length: 'none' }]);
  await refused(t, [{ length: 'none', cutAt: 1000 }], { again: 'later', message: /ended early/ });
  // It ends where it says; that this is not all of it is for the digest to tell.
  const server = await serving(t, CONTENT, [{ length: -5000 }]);
  const fetched = await fetchModel(at(server, CONTENT), fetchOptions(t)).catch((error) => error);
  t.not(fetched.sha256, sha256(CONTENT));
});

t.test('what is larger than allowed is refused, told or not', async (t) => {
  const limits = { maxBytes: 200_000, stallMs: 60_000, deadlineMs: 3_600_000 };
  const large = { code: 'UPDATE_TOO_LARGE', again: 'never', message: /larger than 200000 bytes/ };
  await refused(t, [], large, { limits });
  await refused(t, [{ length: 'chunked' }], large, { limits });
  await refused(t, [{ endless: true }], large, { limits });
});

t.test('what drips for ever is given up at its deadline, and what came stays', async (t) => {
  const limits = { maxBytes: 1e9, stallMs: 60_000, deadlineMs: 30_000 };
  const options = fetchOptions(t, { limits, clock: quickClock(100) });
  const drips = Array.from({ length: 40 }, () => ({ stallAt: 20_000 }));
  const server = await serving(t, CONTENT, drips);
  await t.rejects(fetchModel(at(server, CONTENT), options), { again: 'later', message: /longer than/ });
  server.behaviours = [];
  await fetchModel(at(server, CONTENT), options);
  t.equal(server.requests.at(-1)?.range, 'bytes=20000-');
});

t.test('redirections are followed, but not in circles, too far, or to nowhere', async (t) => {
  const { server } = await got(t, [{ redirect: '/there' }, { redirect: '?signed=1' }, {}]);
  t.equal(server.requests.at(-1)?.url, '/there?signed=1');
  await refused(t, [{ redirect: '/a' }, { redirect: '/people.tar.gz' }], {
    again: 'later',
    message: /in a circle/,
  });
  const far = Array.from({ length: 7 }, (_, step) => ({ redirect: `/step${step}` }));
  await refused(t, far, { again: 'later', message: /more than 5 times/ });
  await refused(t, [{ redirect: 'ftp://elsewhere/x' }], { again: 'later', message: /not of http/ });
  await refused(t, [{ status: 302 }], { again: 'later', message: /to nowhere/ });
});

t.test('the login of the address goes to its server alone, and is never shown', async (t) => {
  const other = await serving(t, CONTENT);
  const server = await serving(t, CONTENT, [{ redirect: other.url }]);
  const url = server.url.replace('http://', 'http://guest:s%2Fcret@');
  await fetchModel(target({ kind: 'http', url }, CONTENT), fetchOptions(t));
  t.equal(server.requests[0]?.authorization, `Basic ${Buffer.from('guest:s/cret').toString('base64')}`);
  t.equal(other.requests[0]?.authorization, undefined);
  server.behaviours = [{ status: 403 }];
  const options = { ...fetchOptions(t), fresh: true };
  const fault = await fetchModel(target({ kind: 'http', url: `${url}?token=abc` }), options).catch(
    (error) => error,
  );
  t.match(fault.message, /answers 403: it is forbidden/);
  t.notMatch(`${fault.message} ${fault.hint} ${fault.cause}`, /guest|cret|abc/);
});

t.test('what is no archive is refused for now, as servers are mended', async (t) => {
  await refused(t, [{ status: 404 }], { again: 'later', message: /answers 404/ });
  await refused(t, [{ status: 206 }], { again: 'later', message: /gives a part/ });
  await refused(t, [{ headers: { 'content-encoding': 'gzip' } }], {
    again: 'later',
    message: /encoding "gzip"/,
  });
  await refused(t, [{ headers: { 'content-type': 'text/html' } }], { again: 'later', message: /web page/ });
});

t.test('a server in trouble is asked again, but not for ever', async (t) => {
  await got(t, [{ status: 503, headers: { 'retry-after': '3' } }, { garbage: true }, { status: 429 }]);
  const server = await refused(
    t,
    Array.from({ length: 9 }, () => ({ status: 500 })),
    { again: 'soon', message: /answers 500/ },
  );
  t.equal(server.requests.length, 5);
  await refused(t, [{ status: 503, headers: { 'retry-after': '86400' } }], { again: 'soon', message: /503/ });
});

t.test('nobody listens, or no such name', async (t) => {
  const server = await serving(t, CONTENT);
  const { url } = server;
  await server.close();
  t.teardown(() => undefined);
  await t.rejects(fetchModel(target({ kind: 'http', url }), fetchOptions(t)), {
    again: 'soon',
    message: /nobody listens there/,
  });
  await server.start();
});

t.test('what was begun is gone on with by the next call, unless it is for another target', async (t) => {
  const server = await serving(t, CONTENT, [{ stallAt: 120_000 }]);
  const options = fetchOptions(t);
  const stop = new AbortController();
  const begun = fetchModel(at(server, CONTENT), {
    ...options,
    signal: stop.signal,
    mayGoOn: () => {
      if (partBytes(options.folder, at(server).source) === 120_000) stop.abort(new Error('enough'));
      return undefined;
    },
  });
  await t.rejects(begun, /enough/);
  server.behaviours = [{ cutAt: 10_000 }];
  const fetched = await fetchModel(at(server, CONTENT), options);
  t.equal(server.requests[1]?.range, 'bytes=120000-');
  t.ok(readFileSync(fetched.archivePath).equals(CONTENT));
  const before = server.requests.length;
  t.equal((await fetchModel(at(server, CONTENT), options)).sha256, sha256(CONTENT));
  t.equal(server.requests.length, before, 'what is whole is not fetched again');
  await fetchModel({ ...at(server, CONTENT), attempt: 1 }, options);
  t.equal(server.requests.at(-1)?.range, undefined, 'another attempt begins anew');
});

t.test('a pause stops the transfer, and it goes on where it was', async (t) => {
  const server = await serving(t, CONTENT, [{ stallAt: 100_000 }]);
  const options = fetchOptions(t);
  const waiting = new Set<string | undefined>();
  let nights = 0;
  const fetched = await fetchModel(at(server, CONTENT), {
    ...options,
    mayGoOn: () => {
      const night = partBytes(options.folder, at(server).source) === 100_000 && nights < 2;
      if (night) nights += 1;
      return night ? { reason: 'night', forMs: 500 } : undefined;
    },
    onProgress: (progress) => void waiting.add(progress.waiting),
  });
  t.equal(fetched.bytes, CONTENT.length);
  t.equal(nights, 2);
  t.ok(waiting.has('night'));
  t.equal(server.requests[1]?.range, 'bytes=100000-');
});

t.test('the limit of bytes per second holds', async (t) => {
  const clock = quickClock(20);
  const beganUs = clock.monotonicUs();
  await got(t, [], { clock, throttle: new Throttle(clock, 50_000) });
  const tookS = (clock.monotonicUs() - beganUs) / 1e6;
  t.ok(tookS >= 5, `300 kB at 50 kB/s, half a second of it at once, took ${tookS.toFixed(1)} s`);
});

t.test('no room is an answer before anything is fetched', async (t) => {
  const server = await serving(t, CONTENT);
  const full = new FetchFault('UPDATE_NO_SPACE', 'later', 'Full.');
  const makeRoom = () => Promise.reject(full);
  await t.rejects(fetchModel(at(server, CONTENT), { ...fetchOptions(t), makeRoom }), {
    code: 'UPDATE_NO_SPACE',
  });
});
