/** Requests to real servers: with certificates, through a real proxy, and past it. */

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import t, { type Test } from 'tap';
import { fetchModel } from '../../../dist/models/fetch/fetch-model.js';
import { openHttpClient } from '../../../dist/models/fetch/http-client.js';
import { archive, fetchOptions, serving, sha256, target } from '../../helpers/fetching.js';
import { certificates } from '../../helpers/mosquitto.js';

const CONTENT = archive(200_000);
const NEVER = new AbortController().signal;

interface Proxy {
  url: string;
  /** Where it was asked to connect to, and as whom. */
  asked: { to: string | undefined; login: string | undefined }[];
}

/** A real proxy that tunnels, unless it wants a login that is not given. */
async function proxy(t: Test, { login }: { login?: string } = {}): Promise<Proxy> {
  const asked: Proxy['asked'] = [];
  const sockets = new Set<Socket>();
  const server = createServer((_request, response) => response.writeHead(400).end());
  server.on('connection', (socket) => sockets.add(socket));
  server.on('connect', (request: IncomingMessage, socket: Socket) => {
    const given = request.headers['proxy-authorization'];
    asked.push({ to: request.url, login: given });
    socket.on('error', () => undefined);
    if (login !== undefined && given !== `Basic ${Buffer.from(login).toString('base64')}`) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    const [host = '', port] = (request.url ?? '').split(':');
    const through = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      through.pipe(socket).pipe(through);
    });
    through.on('error', () => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

t.test('headers have lower case and one value, bodies come whole', async (t) => {
  const server = await serving(t, CONTENT, [{ headers: { 'X-Odd': 'Yes' } }]);
  const client = await openHttpClient({});
  const answer = await client.get(new URL(server.url), {}, NEVER);
  t.match(answer, { status: 200, headers: { 'x-odd': 'Yes', 'content-length': `${CONTENT.length}` } });
  const pieces: Buffer[] = [];
  for await (const piece of answer.body) pieces.push(piece);
  t.ok(Buffer.concat(pieces).equals(CONTENT));
  await client.close();
});

t.test('what came before a connection is cut is not lost', async (t) => {
  const server = await serving(t, CONTENT, [{ cutAt: 100_000 }]);
  const client = await openHttpClient({});
  const answer = await client.get(new URL(server.url), {}, NEVER);
  let bytes = 0;
  await t.rejects(async () => {
    for await (const piece of answer.body) bytes += piece.length;
  });
  t.equal(bytes, 100_000);
  await client.close();
});

t.test('certificates are checked against the authorities of the system', async (t) => {
  const files = certificates(t.testdir({}));
  const tls = { key: readFileSync(files.serverKey), cert: readFileSync(files.serverCert) };
  const server = await serving(t, CONTENT, [], { tls });
  const wanted = target({ kind: 'http', url: server.url }, CONTENT);
  await t.rejects(fetchModel(wanted, fetchOptions(t)), {
    again: 'later',
    message: /certificate is not trusted/,
  });
  const env = { SSL_CERT_FILE: files.ca };
  t.equal((await fetchModel(wanted, fetchOptions(t, { env }))).sha256, sha256(CONTENT));
  const added = { SSL_CERT_FILE: files.otherCa, NODE_EXTRA_CA_CERTS: files.ca };
  t.equal((await fetchModel(wanted, fetchOptions(t, { env: added }))).sha256, sha256(CONTENT));
  const elsewhere = { key: readFileSync(files.elsewhereKey), cert: readFileSync(files.elsewhereCert) };
  const other = await serving(t, CONTENT, [], { tls: elsewhere });
  await t.rejects(fetchModel(target({ kind: 'http', url: other.url }), fetchOptions(t, { env })), {
    message: /certificate is for another name/,
  });
});

t.test('a proxy is used, with its login, and what comes through is gone on with', async (t) => {
  const files = certificates(t.testdir({}));
  const tls = { key: readFileSync(files.serverKey), cert: readFileSync(files.serverCert) };
  const plain = await serving(t, CONTENT, [{ cutAt: 50_000 }]);
  const secure = await serving(t, CONTENT, [], { tls });
  const { url, asked } = await proxy(t, { login: 'joe:s cret' });
  const through = url.replace('http://', 'http://joe:s%20cret@');
  const env = { HTTP_PROXY: through, HTTPS_PROXY: through, SSL_CERT_FILE: files.ca };
  for (const server of [plain, secure]) {
    const fetched = await fetchModel(
      target({ kind: 'http', url: server.url }, CONTENT),
      fetchOptions(t, { env }),
    );
    t.equal(fetched.sha256, sha256(CONTENT));
    t.equal(asked.at(-1)?.to, new URL(server.url).host);
  }
  t.equal(plain.requests.length, 2);
  t.match(plain.requests[1]?.range, /^bytes=/);
  const before = asked.length;
  await fetchModel(
    target({ kind: 'http', url: plain.url }),
    fetchOptions(t, { env: { ...env, NO_PROXY: '127.0.0.1' } }),
  );
  t.equal(asked.length, before, 'not for hosts that are to be reached without it');
});

t.test('a proxy that is not there, wants a login or cannot be an address is told of', async (t) => {
  const server = await serving(t, CONTENT);
  const wanted = target({ kind: 'http', url: server.url });
  const { url } = await proxy(t, { login: 'joe:secret' });
  const fault = (env: NodeJS.ProcessEnv) =>
    fetchModel(wanted, fetchOptions(t, { env })).catch((error) => error);
  t.match(await fault({ http_proxy: url }), { message: /proxy wants a login/, again: 'later' });
  const bad = await fault({ http_proxy: 'http://joe:secret@:99999' });
  t.match(bad, { code: 'UPDATE_FETCH', message: /address of the proxy/, again: 'later' });
  t.notMatch(bad.message, /secret/);
  t.match(await fault({ http_proxy: 'http://127.0.0.1:1' }), { again: 'soon', message: /nobody listens/ });
});
