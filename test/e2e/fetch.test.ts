/** Fetching over TLS, through a real proxy, and from a real broker. */
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { connectAsync, type MqttClient } from 'mqtt';
import t, { type Test } from 'tap';
import { systemClock } from '../../dist/base/clock.js';
import { fetchModel } from '../../dist/models/fetch/fetch-model.js';
import type { ChunkTopics } from '../../dist/models/fetch/fetch-options.js';
import { archive, fetchOptions, serving, sha256, target } from '../helpers/fetching.js';
import { certificates, mosquitto, noMosquitto } from '../helpers/mosquitto.js';
import { runCli } from '../helpers/run-cli.js';
import { until } from '../helpers/until.js';
import { workspace } from '../helpers/workspace.js';

const CONTENT = archive(200_000);

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

/** The broker as a daemon lends it. */
function topicsOf(client: MqttClient): ChunkTopics {
  const hears = new Map<string, (payload: Buffer) => void>();
  client.on('message', (topic, payload) => hears.get(topic)?.(payload));
  return {
    subscribe: async (topic, onMessage) => {
      hears.set(topic, onMessage);
      await client.subscribeAsync(topic, { qos: 1 });
    },
    unsubscribe: (topic) => {
      hears.delete(topic);
      client.unsubscribe(topic);
    },
  };
}

t.test(
  'an archive goes over a broker, is replaced by a smaller one, and taken away',
  { skip: noMosquitto },
  async (t) => {
    const broker = await mosquitto(t);
    const made = workspace(t);
    const send = (...args: string[]) =>
      runCli(['models', 'send', ...args, '--topic', 'site/people', '--broker', broker.url, '--json'], {
        env: made.env,
        cwd: made.folder,
      });
    const gzip = (content: Buffer): Buffer => Buffer.concat([Buffer.from([0x1f, 0x8b]), content]);
    const [large, small] = [gzip(archive(3_000_000)), gzip(archive(700_000, 'small'))];
    writeFileSync(join(made.folder, 'people.tar.gz'), large);
    writeFileSync(join(made.folder, 'people.tar.gz.minisig'), 'signed');

    const first = await send('people.tar.gz');
    t.equal(first.status, 0, first.stderr);
    t.match(JSON.parse(first.stdout), {
      sha256: sha256(large),
      bytes: large.length,
      chunks: 12,
      signed: true,
    });

    const client = await connectAsync(broker.url);
    t.teardown(() => client.end(true));
    const source = { kind: 'mqtt', topic: 'site/people' } as const;
    const options = { ...fetchOptions(t), clock: systemClock, topics: topicsOf(client), wantSignature: true };
    const fetched = await fetchModel(target(source, large), options);
    t.match(fetched, { sha256: sha256(large), minisig: 'signed', doubtful: false });
    t.ok(readFileSync(fetched.archivePath).equals(large));

    writeFileSync(join(made.folder, 'people.tar.gz'), small);
    const second = await send('people.tar.gz', '--chunk-kb', '128');
    t.match(JSON.parse(second.stdout), { sha256: sha256(small), chunks: 6, removed_chunks: 6 });
    t.equal((await fetchModel(target(source, small), options)).sha256, sha256(small));

    t.match(JSON.parse((await send('--remove')).stdout), { removed_chunks: 6 });
    const seen: string[] = [];
    client.on('message', (topic) => void seen.push(topic));
    await client.subscribeAsync('site/#');
    await client.publishAsync('site/end', 'x', { qos: 1 });
    await until(() => seen.includes('site/end'));
    t.strictSame(seen, ['site/end'], 'nothing is left on the broker');
    const again = await send('--remove');
    t.equal(again.status, 1);
    t.match(again.stderr, /UPDATE_UNKNOWN: The broker holds no archive below site\/people/);
  },
);

t.test('what cannot be sent is refused before the broker is asked', async (t) => {
  const made = workspace(t, { 'page.tar.gz': '<html>' });
  const send = async (...args: string[]) => {
    const { status, stderr } = await runCli(['models', 'send', ...args], { env: made.env, cwd: made.folder });
    return `${status} ${stderr}`;
  };
  const broker = ['--broker', 'mqtt://127.0.0.1:1'];
  t.match(
    await send('page.tar.gz', '--topic', 'a', ...broker),
    /^1 BUNDLE_ARCHIVE: page.tar.gz is no .tar.gz/,
  );
  t.match(await send('none.tar.gz', '--topic', 'a', ...broker), /^1 BUNDLE_NOT_FOUND/);
  t.match(await send('page.tar.gz', '--topic', 'a/#', ...broker), /^2 USAGE: --topic cannot be used/);
  t.match(await send('--topic', 'a', ...broker), /^2 USAGE: Give either an archive or --remove/);
  t.match(
    await send('page.tar.gz', '--topic', 'a', '--broker', 'http://x'),
    /^2 USAGE: --broker cannot be used/,
  );
  t.match(await send('page.tar.gz', '--topic', 'a', '--ca', 'x'), /^2 USAGE: .*belong to --broker/);
  t.match(await send('--remove', '--topic', 'a', ...broker), /^1 MQTT_UNREACHABLE/);
});
