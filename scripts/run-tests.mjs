#!/usr/bin/env node
/**
 * Runs compiled test files (npm run build:tests) and counts what they say.
 *
 *   scripts/run-tests.mjs [--jobs=N] [--timeout=SECONDS] [--counts=PATH] unit|e2e|FILE...
 *
 * Unit tests share a few processes (scripts/test-batch.mjs), each of which is given the next file when it is
 * free; other files have a process each. Neither these nor the programs that they start carry the loaders and
 * hooks of tap's own runner, which take longer to start than most of these programs.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { readTap } from './test-report.mjs';

const root = join(import.meta.dirname, '..');
const BATCH = join(import.meta.dirname, 'test-batch.mjs');
const APART = /^dist-test\/(e2e|hardware)\//;
/** A file's own deadline comes first; then the process has a while to say what it waited for. */
const hungAfterMs = (timeoutS) => timeoutS * 1000 + Math.min(15_000, timeoutS * 1000);
const STDERR_KEPT = 20_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    jobs: { type: 'string', default: String(availableParallelism()) },
    // For files that hang; a busy machine must not reach it.
    timeout: { type: 'string', default: '300' },
    counts: { type: 'string' },
    apart: { type: 'boolean', default: false },
  },
});

const total = { passed: 0, failed: 0, skipped: 0 };

function add({ passed, failed, skipped }) {
  total.passed += passed;
  total.failed += failed;
  total.skipped += skipped;
}

function filesOf(part) {
  const all = readdirSync(join(root, 'dist-test'), { recursive: true })
    .map((path) => `dist-test/${path}`)
    .filter((path) => path.endsWith('.test.js'));
  return all.filter((path) => APART.test(path) === (part === 'e2e'));
}

/** Long files first, so that none is left to the end; a file's length is what is known of its time. */
function inOrder(paths) {
  const size = new Map(paths.map((path) => [path, statSync(join(root, path)).size]));
  return paths.toSorted((a, b) => size.get(b) - size.get(a) || (a < b ? -1 : 1));
}

/** Starts node on a program whose output is TAP; `ended` resolves with what was wrong with its end. */
function start(args, channels, environment) {
  const child = spawn(process.execPath, ['--enable-source-maps', ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe', ...channels],
    env: { ...process.env, ...environment },
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr = (stderr + text).slice(-STDERR_KEPT);
  });
  const exit = new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (status, signal) =>
      resolve(signal ?? (status === 0 ? undefined : `exit status ${status}`)),
    );
  });
  // Not 'close': it does not come when this side ended the channel.
  const end = Promise.all([exit, once(child.stderr, 'close')]).then(([fault]) => ({ fault, stderr }));
  return { child, end };
}

/** A file in a process of its own. */
async function runAlone(path, timeoutS) {
  const begin = performance.now();
  const { child, end } = start([path], [], { TAP_TIMEOUT: String(timeoutS) });
  const { counter, results } = readTap(child.stdout, [path]);
  const timer = setTimeout(() => child.kill('SIGKILL'), hungAfterMs(timeoutS));
  const { fault, stderr } = await end;
  clearTimeout(timer);
  counter.finishFile(await results, fault && { fault, stderr });
  counter.line(performance.now() - begin);
  add(counter);
}

/** Files one after the other in one process, until one fails or ends it, or there are no more. */
async function runBatch(next, timeoutS) {
  let path = next();
  if (path === undefined) return false;
  const given = [];
  // The root's own deadline would be one for all files together.
  const environment = { TAP_TIMEOUT: '0', TEST_FILE_TIMEOUT_S: String(timeoutS) };
  const { child, end } = start([BATCH], ['ipc'], environment);
  const { counter, results } = readTap(child.stdout, []);
  let timer;
  const give = () => {
    clearTimeout(timer);
    timer = setTimeout(() => child.kill('SIGKILL'), hungAfterMs(timeoutS));
    if (path === undefined) return child.disconnect();
    given.push(path);
    child.send({ path });
  };
  child.on('message', ({ ready, ended, ok }) => {
    // tap has messages of its own.
    if (ended !== undefined) path = ok ? next() : undefined;
    if (ready || ended !== undefined) give();
  });
  const { fault, stderr } = await end;
  clearTimeout(timer);
  const { ok, failures } = await results;
  const unfinished = path ?? given.find((file) => !counter.files.has(file));
  // A process takes no file after one that failed, so what failed here is told already.
  if (counter.failed === 0) {
    if (unfinished !== undefined)
      counter.fail(unfinished, { fault: fault ?? 'the process ended early', stderr });
    else if (fault !== undefined) counter.fail('the process did not end', { fault, files: given, stderr });
    else if (!ok) counter.fail('the process did not end as planned', failures);
  }
  add(counter);
  return true;
}

/** Hands out files in order; one that boots a container waits while another does, without holding a place. */
function queueOf(paths) {
  const waiting = [...paths];
  const boots = new Set(
    paths.filter((path) =>
      /systemd-container|installed-service/.test(readFileSync(join(root, path), 'utf8')),
    ),
  );
  let booted = false;
  return {
    take: () => {
      const index = waiting.findIndex((path) => !(booted && boots.has(path)));
      const [path] = index < 0 ? [] : waiting.splice(index, 1);
      if (boots.has(path)) booted = true;
      return path;
    },
    done: (path) => {
      if (boots.has(path)) booted = false;
    },
  };
}

async function main() {
  const [part] = positionals;
  const named = part === 'unit' || part === 'e2e' ? filesOf(part) : positionals;
  const files = inOrder(named.map((path) => relative(root, resolve(path))));
  const jobs = Array.from({ length: Number(values.jobs) }, (_, index) => index);
  const timeoutS = Number(values.timeout);
  const apart = files.filter((path) => values.apart || APART.test(path));
  const shared = files.filter((path) => !apart.includes(path));
  const batches = async () => {
    while (await runBatch(() => shared.shift(), timeoutS));
  };
  await Promise.all(jobs.map(batches));
  const queue = queueOf(apart);
  const alone = async () => {
    for (let path = queue.take(); path !== undefined; path = queue.take()) {
      await runAlone(path, timeoutS);
      queue.done(path);
    }
  };
  await Promise.all(jobs.map(alone));
  if (total.passed + total.failed + total.skipped === 0) total.failed = 1;
  const counts = `${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`;
  if (values.counts === undefined) process.stdout.write(`${counts}\n`);
  else writeFileSync(values.counts, `${total.passed} ${total.failed} ${total.skipped}\n`);
  process.exitCode = total.failed > 0 ? 1 : 0;
}

await main();
