/**
 * The few events that the journal is told with fields of their own, so that programs find them without reading
 * messages: `journalctl MESSAGE_ID=…`, `journalctl -u detectd DETECTD_EVENT=worker-failed`. See sd_journal_send(3)
 * and systemd.journal-fields(7).
 */
import type { JournalPriority } from '../base/journal-stream.js';

/** Never changed once released: alerts of others name them. systemd/detectd.catalog explains each. */
export const MESSAGE_IDS = {
  'device-state': 'ae2ea9bc865d48faa114ff37c4cab5a0',
  'worker-failed': 'bdc065b4519f48539d5de3ab4f90e95c',
  'worker-recycled': 'f6f8bbb6f7b94fd8a8acaf5a261c85a8',
  remedy: '658bbe9dc3384e539ba15c4a15c223f2',
  'engine-built': '3524a62ebf2c4aeab696847911ed6ef1',
  'engine-refused': 'da9f872f04fd4fb9a57770fa1b598cbd',
  'model-changed': '2ff6c8e9c0544ef5b7f752c63be71800',
  'config-applied': 'f5c3cdbf26b84795a7471c0dfa7f4d87',
  'config-refused': '98ffed116378452c8fe9fe3dafe947de',
  outbox: '6b00c20cb8ad4708a0bf583f84472712',
  lost: '0ddf553906f94508a11501f85147dba5',
} as const;

export type JournalEventName = keyof typeof MESSAGE_IDS;

export interface JournalEvent {
  event: JournalEventName;
  /** One sentence; secrets are masked already. */
  message: string;
  /** By default 5, notice: normal, but worth a look. */
  priority?: JournalPriority;
  /** A code of the table of errors. */
  code?: string | undefined;
  camera?: string | undefined;
  model?: string | undefined;
  /** Further fields, by name in lower case: `{ state: 'ready' }` is DETECTD_STATE=ready. */
  fields?: Record<string, string | number | undefined>;
}

/** Longest value in characters. */
const MAX_VALUE = 1000;
const MAX_FIELDS = 16;
/** Of systemd: capitals, digits and underscores, at most 64. */
const NAME = /^[A-Z][A-Z0-9_]{0,55}$/;

/**
 * The lines that `logger --journald` reads: NAME=value, one a line, without empty values. A value cannot begin a
 * field of its own: line breaks and other control characters become blanks.
 */
export function journalLines(event: JournalEvent): string {
  const { code, camera, model, fields = {} } = event;
  const own: [string, string | number | undefined][] = [
    ['MESSAGE', event.message],
    ['MESSAGE_ID', MESSAGE_IDS[event.event]],
    ['PRIORITY', event.priority ?? 5],
    ['SYSLOG_IDENTIFIER', 'detectd'],
    ['DETECTD_EVENT', event.event],
  ];
  const more = Object.entries({ code, camera, model, ...fields })
    .map(([name, value]): [string, typeof value] => [name.toUpperCase(), value])
    .filter(([name]) => NAME.test(name))
    .slice(0, MAX_FIELDS)
    .map(([name, value]): [string, typeof value] => [`DETECTD_${name}`, value]);
  return [...own, ...more]
    .map(([name, value]) => [name, oneLine(value)])
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

function oneLine(value: string | number | undefined): string {
  return String(value ?? '')
    .slice(0, MAX_VALUE)
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim();
}
