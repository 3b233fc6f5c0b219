/** Log lines as machines and people see them, from a process of their own. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import t from 'tap';
import type { LoggerOptions } from '../../dist/base/logger.js';

const logger = join(import.meta.dirname, '../../dist/base/logger.js');

/** Standard output and error of a program that logs through a logger made with `options`. */
function run(options: LoggerOptions, statements: string): string {
  const script = `import { createLogger, setLogLevel } from ${JSON.stringify(logger)};
    const log = createLogger(${JSON.stringify(options)}); ${statements}`;
  return execFileSync(process.execPath, ['--input-type=module', '--eval', script], {
    encoding: 'utf8',
    env: { ...process.env, FORCE_COLOR: '0', NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', options.fd === 2 ? 'ignore' : 'inherit'],
  });
}

t.test('machines get one JSON object a line, with time and component', (t) => {
  const text = run(
    { level: 'info', pretty: false },
    `log.debug('no'); log.child({ component: 'capture' }).warn({ camera: 'gate' }, 'two\\nlines'); process.exit(0);`,
  );
  const lines = text.trimEnd().split('\n');
  t.equal(lines.length, 1);
  t.match(JSON.parse(lines[0] ?? ''), {
    level: 40,
    time: /^\d{4}-\d\d-\d\dT[\d:.]+Z$/,
    component: 'capture',
    camera: 'gate',
    msg: 'two\nlines',
  });
  t.end();
});

t.test('people get the component before the message', (t) => {
  const text = run(
    { level: 'info', pretty: true },
    `log.info('plain'); log.child({ component: 'mqtt' }).error({ broker: 'b' }, 'lost'); process.exit(0);`,
  );
  t.match(text, /INFO.*plain/);
  t.match(text, /ERROR.*mqtt: lost/);
  t.match(text, /broker.*b/);
  t.end();
});

t.test('logs can go to standard error, and be silent', (t) => {
  t.equal(run({ level: 'info', pretty: false, fd: 2 }, `log.info('x');`), '');
  t.equal(run({ level: 'silent', pretty: false }, `log.fatal('x');`), '');
  t.end();
});

t.test('a new level holds for loggers that were made before', (t) => {
  const text = run(
    { level: 'info', pretty: false },
    `const child = log.child({ component: 'mqtt' }); const grandchild = child.child({ broker: 'b' });
     child.debug('one'); setLogLevel(log, 'debug'); child.debug('two'); grandchild.debug('three');
     setLogLevel(log, 'error'); child.warn('four'); process.exit(0);`,
  );
  t.same(
    text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).msg),
    ['two', 'three'],
  );
  t.end();
});
