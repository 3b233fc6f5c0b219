/** Starting the program under proof and a broker beside it. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dump } from 'js-yaml';
import mqtt from 'mqtt';

/** Runs a program to its end. */
export function run(program, args, onText = () => {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text;
      onText(stdout);
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      stderr = (stderr + text).slice(-8192);
    });
    child.once('error', reject);
    child.once('close', (status) => resolve({ status, stdout, stderr }));
  });
}

/** Runs a program to its end; also the first line of its output that fits, and when it came. */
export async function firstLine(program, args, fits) {
  let found = {};
  const end = await run(program, args, (text) => {
    if (found.line !== undefined) return;
    const line = text.split('\n').find((each) => fits.test(each));
    if (line !== undefined) found = { line, at: performance.now() };
  });
  return { ...end, ...found };
}

/** Runs files of tests as a promise: how many cases of them hold. An option of tap may choose among them. */
export async function cases(...files) {
  const { status, stdout } = await run('npx', ['tap', '--reporter=tap', '--timeout=300', ...files]);
  const held = stdout.match(/^ {4}ok (?!.*# SKIP)/gm)?.length ?? 0;
  const failed = stdout.match(/^ {4}not ok .*/gm) ?? [];
  return { figure: `${held} of ${held + failed.length} clear`, holds: status === 0 && held > 0 };
}

export const detectd = (...args) => run(process.execPath, ['dist/cli.js', ...args]);

/** A folder that is removed after `work`. */
export async function inFolder(work) {
  const folder = mkdtempSync(join(tmpdir(), 'detectd-prove-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A mosquitto on loopback during `work(url)`. */
export async function withMosquitto(folder, work) {
  const port = await freePort();
  const file = join(folder, 'mosquitto.conf');
  writeFileSync(file, `user root\nlistener ${port} 127.0.0.1\nallow_anonymous true\n`);
  const broker = spawn('mosquitto', ['-c', file], {
    stdio: 'ignore',
    env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` },
  });
  const failed = new Promise((_, reject) => {
    broker.once('error', reject);
  });
  try {
    return await Promise.race([work(`mqtt://127.0.0.1:${port}`), failed]);
  } finally {
    broker.kill('SIGKILL');
  }
}

/** A loopback port that nobody uses now. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Subscribes to everything; waits for the broker to come up. */
export async function subscribe(url, onMessage) {
  const deadline = performance.now() + 10_000;
  for (;;) {
    try {
      const client = await mqtt.connectAsync(url, { reconnectPeriod: 0, protocolVersion: 5 }, false);
      client.on('message', (topic, payload) => onMessage(topic, payload.toString(), performance.now()));
      await client.subscribeAsync('#', { qos: 1 });
      return client;
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
  }
}

/** The daemon with `config` during `work({ child, lines, exited })`; `env` is added to its environment. */
export async function withDaemon(folder, config, args, work, env = {}) {
  const file = join(folder, 'detectd.yaml');
  const paths = { state: join(folder, 'state'), cache: join(folder, 'cache') };
  writeFileSync(file, dump({ device: { id: 'proof' }, log: { format: 'json' }, paths, ...config }));
  const child = spawn(process.execPath, ['dist/cli.js', 'run', '-c', file, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  const lines = [];
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop();
    for (const part of parts) if (part.startsWith('{')) lines.push(JSON.parse(part));
  });
  const exited = new Promise((resolve) => {
    child.once('close', resolve);
  });
  try {
    return await work({ child, lines, exited });
  } finally {
    child.kill('SIGTERM');
    await exited;
  }
}
