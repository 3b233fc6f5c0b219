/**
 * Runs test files one after the other in this one process, as the runner (scripts/run-tests.mjs) names
 * them: starting a process for each costs more than most files do. Each file is a subtest of its name, and
 * must leave the process as it found it.
 */
import { pathToFileURL } from 'node:url';
import { isDeepStrictEqual } from 'node:util';

const timeout = Number(process.env.TEST_FILE_TIMEOUT_S ?? 60) * 1000;
delete process.env.TEST_FILE_TIMEOUT_S;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGPIPE', 'SIGCHLD'];

// Native libraries set these when they are first loaded, to what they are in any process.
const OF_LIBRARIES = new Set(['VIPSHOME', 'ORT_DISABLE_TELEMETRY']);
// Names of temporary folders begin with it, and sockets in them must have short paths.
process.argv[1] = 't';
const { default: t } = await import('tap');

/** What all files of a process share, and none may leave changed. */
function sharedState() {
  return {
    env: Object.fromEntries(Object.entries(process.env).filter(([name]) => !OF_LIBRARIES.has(name))),
    folder: process.cwd(),
    umask: process.umask(),
    exitCode: process.exitCode,
    signalListeners: SIGNALS.map((signal) => process.listenerCount(signal)),
    execPath: process.execPath,
    title: process.title,
  };
}

let file;
let tests = [];
const add = t.test.bind(t);
// A file calls test() of the root, as it does alone; here its tests belong to the file.
t.test = (...args) => {
  if (file === undefined) throw new Error('a test is added after its file has ended');
  const test = file.test(...args);
  tests.push(test);
  return test;
};

async function runFile(path) {
  const results = await add(path, { timeout }, async (fileTest) => {
    file = fileTest;
    tests = [];
    const before = sharedState();
    await import(pathToFileURL(path).href);
    if (tests.length === 0) fileTest.fail('the file has no tests');
    await Promise.all(tests);
    const after = sharedState();
    if (!isDeepStrictEqual(after, before))
      fileTest.strictSame(after, before, 'the process is left as it was found');
  });
  file = undefined;
  told({ ended: path, ok: results?.ok === true });
}

// tap lets a process end that only waits for messages: right while a file runs, wrong between two.
let waiting;

function told(message) {
  waiting = setInterval(() => {}, 60_000);
  process.send(message);
}

process.on('disconnect', () => clearInterval(waiting));
process.on('message', ({ path }) => {
  clearInterval(waiting);
  if (path !== undefined) void runFile(path);
});
told({ ready: true });
