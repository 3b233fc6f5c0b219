/** The process as commands see it. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import t from 'tap';

const module = join(import.meta.dirname, '../../dist/base/command-io.js');

t.test('results go to standard output, all else to standard error', (t) => {
  const script = `import { processIo } from ${JSON.stringify(module)};
    processIo.out('result\\n'); processIo.err('aside\\n');
    processIo.out(String(processIo.isTerminal) + processIo.env.DETECTD_TEST);`;
  const out = execFileSync(process.execPath, ['--input-type=module', '--eval', script], {
    encoding: 'utf8',
    env: { ...process.env, DETECTD_TEST: 'seen' },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  t.equal(out, 'result\nfalseseen');
  t.end();
});
