/** The light device as a process, see publishing-device.mjs: started, listened to, ended or killed. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('./publishing-device.mjs', import.meta.url));
/** Nothing that it is asked for takes this long. */
const LONGEST_MS = 120_000;

/** `given`: what publishing-device.mjs takes. */
export function lightDevice(given) {
  const options = JSON.stringify({ outbox: {}, ...given });
  const child = spawn(process.execPath, [PROGRAM, options], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = [];
  const waiting = new Set();
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop();
    for (const part of parts) {
      lines.push(part);
      for (const hear of [...waiting]) hear(part);
    }
  });
  const exited = new Promise((resolve) => {
    child.once('close', resolve);
  });
  return {
    /** What it has printed. */
    lines,
    exited,
    /** The first line that fits (`{ test }`), said or to come. */
    line(fits, limitMs = LONGEST_MS) {
      const found = lines.find((line) => fits.test(line));
      if (found !== undefined) return Promise.resolve(found);
      return new Promise((resolve, reject) => {
        const end = (act) => {
          clearTimeout(timer);
          waiting.delete(hear);
          act();
        };
        const hear = (line) => {
          if (fits.test(line)) end(() => resolve(line));
        };
        const fail = (why) =>
          end(() => reject(new Error(`the light device ${why}: ${lines.slice(-3).join('; ')}`)));
        const timer = setTimeout(() => fail('does not get on'), limitMs);
        exited.then(() => fail('ended')).catch(reject);
        waiting.add(hear);
      });
    },
    kill: () => child.kill('SIGKILL'),
    /** In order. */
    async end() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}
