/** A real mosquitto on a free loopback port, with the listener settings that a test wants. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';

const PROGRAM = ['/usr/sbin/mosquitto', '/usr/bin/mosquitto', '/usr/local/sbin/mosquitto'].find(existsSync);

/** Why these tests cannot run here; false when they can. */
export const noMosquitto: string | false = PROGRAM === undefined ? 'mosquitto is not installed' : false;

export class Mosquitto {
  readonly port: number;
  readonly #folder: string;
  readonly #settings: string[];
  #process: ChildProcess | undefined;
  /** What it logged. */
  log = '';

  constructor(port: number, settings: string[]) {
    this.port = port;
    this.#settings = settings;
    this.#folder = mkdtempSync(join(tmpdir(), 'detectd-mosquitto-'));
  }

  get url(): string {
    return `mqtt://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    return this.#process?.pid as number;
  }

  /** Starts it and waits until it listens. */
  async start(): Promise<void> {
    const file = join(this.#folder, 'mosquitto.conf');
    // Started by root it would become another user, who cannot read a test's files.
    const user = process.getuid?.() === 0 ? ['user root'] : [];
    const lines = [
      ...user,
      `listener ${this.port} 127.0.0.1`,
      ...this.#settings,
      'log_type all',
      'log_dest stderr',
    ];
    writeFileSync(file, `${lines.join('\n')}\n`);
    const child = spawn(PROGRAM as string, ['-c', file], { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#process = child;
    const running = new Promise<void>((resolve, reject) => {
      child.stderr.on('data', (chunk: Buffer) => {
        this.log += chunk.toString();
        if (this.log.includes(' running')) resolve();
      });
      child.once('exit', () => reject(new Error(`mosquitto ended: ${this.log}`)));
    });
    this.log = '';
    await running;
  }

  /** Ends it as a power cut would. */
  async kill(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }

  /** Stops it in its tracks: connections stay open and nothing is answered. */
  freeze(): void {
    this.#process?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#process?.kill('SIGCONT');
  }

  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** A running mosquitto that ends with the test. `settings` are lines of its configuration. */
export async function mosquitto(t: Test, settings: string[] = ['allow_anonymous true']): Promise<Mosquitto> {
  const broker = new Mosquitto(await freePort(), settings);
  t.teardown(() => broker.remove());
  await broker.start();
  return broker;
}

/** A loopback port that nobody uses now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

export interface Certificates {
  ca: string;
  otherCa: string;
  serverCert: string;
  serverKey: string;
  elsewhereCert: string;
  elsewhereKey: string;
  clientCert: string;
  clientKey: string;
}

/** Two authorities; of the first, server certificates for this machine and another, and one for a client. */
export function certificates(folder: string): Certificates {
  const path = (name: string) => join(folder, name);
  const authority = (name: string) => {
    openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', [
      ...['-subj', `/CN=${name}`, '-keyout', path(`${name}.key`), '-out', path(`${name}.pem`)],
    ]);
  };
  const signed = (name: string, extension: string) => {
    const request = ['-subj', `/CN=${name}`, '-keyout', path(`${name}.key`), '-out', path(`${name}.csr`)];
    openssl('req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', request);
    writeFileSync(path(`${name}.ext`), extension);
    openssl('x509', '-req', '-days', '2', '-in', path(`${name}.csr`), '-out', path(`${name}.pem`), [
      ...[
        '-CA',
        path('ca.pem'),
        '-CAkey',
        path('ca.key'),
        '-CAcreateserial',
        '-extfile',
        path(`${name}.ext`),
      ],
    ]);
  };
  authority('ca');
  authority('other');
  signed('server', 'subjectAltName=IP:127.0.0.1,DNS:localhost\n');
  signed('elsewhere', 'subjectAltName=DNS:elsewhere.example\n');
  signed('client', 'extendedKeyUsage=clientAuth\n');
  return {
    ca: path('ca.pem'),
    otherCa: path('other.pem'),
    serverCert: path('server.pem'),
    serverKey: path('server.key'),
    elsewhereCert: path('elsewhere.pem'),
    elsewhereKey: path('elsewhere.key'),
    clientCert: path('client.pem'),
    clientKey: path('client.key'),
  };
}

function openssl(...args: (string | string[])[]): void {
  execFileSync('openssl', args.flat(), { stdio: ['ignore', 'ignore', 'pipe'] });
}

/** A password file with one user. */
export function passwordFile(folder: string, user: string, password: string): string {
  const file = join(folder, 'passwords');
  execFileSync('mosquitto_passwd', ['-b', '-c', file, user, password], { stdio: 'ignore' });
  return file;
}
