/** What is sent to the journal: fields that nobody can forge, and numbers that are explained. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { journalLines, MESSAGE_IDS } from '../../dist/health/journal-event.js';

const catalog = readFileSync(join(import.meta.dirname, '../../systemd/detectd.catalog'), 'utf8');

t.test('an event is one field a line, and what is unknown is left out', (t) => {
  const text = journalLines({
    event: 'worker-failed',
    message: 'worker failed: it crashed',
    priority: 4,
    code: 'WORKER_CRASHED',
    camera: undefined,
    fields: { attempt: 2, note: '' },
  });
  t.equal(
    text,
    `MESSAGE=worker failed: it crashed\nMESSAGE_ID=${MESSAGE_IDS['worker-failed']}\nPRIORITY=4\n` +
      'SYSLOG_IDENTIFIER=detectd\nDETECTD_EVENT=worker-failed\nDETECTD_CODE=WORKER_CRASHED\nDETECTD_ATTEMPT=2\n',
  );
  t.match(journalLines({ event: 'remedy', message: 'x' }), /^PRIORITY=5$/m);
  t.end();
});

t.test('no value can become a field of its own, and none is long', (t) => {
  const text = journalLines({
    event: 'config-refused',
    message: 'bad\nPRIORITY=0\r\n\u2028MESSAGE_ID=x\u0000',
    camera: 'gate\n\nMESSAGE=forged',
    fields: { 'a b': 'x', 'X=Y\nZ': 'x', __cursor: 'x', long: 'é'.repeat(100_000) },
  });
  const names = text
    .trimEnd()
    .split('\n')
    .map((line) => line.split('=')[0]);
  t.strictSame(names, [
    'MESSAGE',
    'MESSAGE_ID',
    'PRIORITY',
    'SYSLOG_IDENTIFIER',
    'DETECTD_EVENT',
    'DETECTD_CAMERA',
    'DETECTD_LONG',
  ]);
  t.match(text, /^MESSAGE=bad PRIORITY=0 MESSAGE_ID=x$/m);
  t.ok(text.length < 4096);
  const many = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`f${index}`, index]));
  t.ok(journalLines({ event: 'remedy', message: 'x', fields: many }).split('\n').length < 30);
  t.end();
});

t.test('every event has a number of its own, and the catalog explains it', (t) => {
  const ids = Object.values(MESSAGE_IDS);
  for (const id of ids) t.match(id, /^[0-9a-f]{32}$/);
  const explained = [...catalog.matchAll(/^-- ([0-9a-f]{32})$/gm)].map((match) => match[1]);
  t.strictSame(explained.sort(), [...new Set(ids)].sort());
  t.equal(catalog.match(/^Subject: .+$/gm)?.length, ids.length);
  t.end();
});
