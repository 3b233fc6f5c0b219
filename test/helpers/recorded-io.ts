/** A command's surroundings that remember what was written, in order. */
import type { CommandIo } from '../../dist/base/command-io.js';

export interface RecordedIo extends CommandIo {
  /** Each write: where to, and what. */
  readonly written: ['out' | 'err', string][];
  /** All of one kind, joined. */
  text(to: 'out' | 'err'): string;
}

export function recordedIo(change: Partial<CommandIo> = {}): RecordedIo {
  const written: RecordedIo['written'] = [];
  return {
    out: (text) => void written.push(['out', text]),
    err: (text) => void written.push(['err', text]),
    isTerminal: false,
    errIsTerminal: false,
    env: {},
    ...change,
    written,
    text: (to) =>
      written
        .filter(([where]) => where === to)
        .map(([, text]) => text)
        .join(''),
  };
}
