/** Which stream goes to the journal, and what priority a level has there. */
import { spawnSync } from 'node:child_process';
import { closeSync, fstatSync, openSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { isJournal, journalPriority } from '../../dist/base/journal-stream.js';

const logger = join(import.meta.dirname, '../../dist/base/logger.js');

t.test('only the stream that systemd names is the journal', (t) => {
  const fd = openSync('/dev/null', 'w');
  t.teardown(() => closeSync(fd));
  const { dev, ino } = fstatSync(fd);
  t.ok(isJournal(fd, { JOURNAL_STREAM: `${dev}:${ino}` }));
  t.notOk(isJournal(fd, { JOURNAL_STREAM: `${dev}:${ino + 1}` }));
  for (const stream of ['', ':', 'x:y', `${dev}:${ino}:1`])
    t.notOk(isJournal(fd, { JOURNAL_STREAM: stream }));
  t.notOk(isJournal(fd, {}));
  t.notOk(isJournal(987_654, { JOURNAL_STREAM: `${dev}:${ino}` }), 'a stream that is not open');
  t.end();
});

t.test('every level has its priority', (t) => {
  t.strictSame([10, 20, 30, 35, 40, 50, 60].map(journalPriority), [7, 7, 6, 6, 4, 3, 2]);
  t.end();
});

t.test('in the journal each line begins with its priority, elsewhere with the object', (t) => {
  const lines = (journal: boolean) => {
    // The stream of the child is one that only the child can name.
    const script = `import { fstatSync } from 'node:fs';
      import { createLogger } from ${JSON.stringify(logger)};
      const { dev, ino } = fstatSync(1, { bigint: true });
      process.env.JOURNAL_STREAM = ${journal} ? dev + ':' + ino : '1:2';
      const log = createLogger({ level: 'trace', pretty: false });
      log.info('one'); log.child({ component: 'c' }).warn('two\\nlines'); log.fatal('three'); log.debug('four');`;
    const ran = spawnSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8' });
    return ran.stdout.trimEnd().split('\n');
  };
  t.strictSame(
    lines(true).map((line) => line.slice(0, 4)),
    ['<6>{', '<4>{', '<2>{', '<7>{'],
  );
  t.match(JSON.parse(lines(true)[1]?.slice(3) ?? ''), { component: 'c', msg: 'two\nlines' });
  t.strictSame(
    lines(false).map((line) => line.slice(0, 1)),
    ['{', '{', '{', '{'],
  );
  t.end();
});
