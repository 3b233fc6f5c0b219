/**
 * What `detect` found, as text in one of its forms, picture by picture: nothing is held until the end. Every
 * piece of text that is written ends a line, so that a progress line may come between.
 */
import type { DetectdError } from '../base/errors.js';
import type { DetectJob, PictureResult } from '../ipc/detect-protocol.js';
import { csvHeader, csvLines } from './csv-lines.js';
import { jsonLine, textLine } from './picture-line.js';

/** Takes whole lines. */
export type WriteLines = (text: string) => void;

export interface DetectResults {
  /** Once, when the model is loaded and before the first picture. Throws where its labels do not fit. */
  open(labels: readonly string[]): void;
  picture(job: DetectJob, result: PictureResult): void;
  /** The file cannot be analysed, or not to its end. */
  failed(job: DetectJob, error: DetectdError): void;
  /** Once, when all files had their turn. */
  close(): void;
}

export const LINE_FORMATS = ['text', 'json', 'csv'] as const;

/** The forms that need nothing but the picture itself. */
export function lineResults(format: (typeof LINE_FORMATS)[number], write: WriteLines): DetectResults {
  const nothing = (): void => {};
  const lines: DetectResults = { open: nothing, picture: nothing, failed: nothing, close: nothing };
  if (format === 'text') lines.picture = (job, result) => write(`${textLine(job, result)}\n`);
  if (format === 'json') {
    lines.picture = (job, result) => write(`${jsonLine(job, result)}\n`);
    lines.failed = (job, error) => write(`${JSON.stringify({ image: job.path, error: error.toData() })}\n`);
  }
  if (format === 'csv') {
    lines.open = () => write(csvHeader());
    lines.picture = (job, result) => {
      const text = csvLines(job, result);
      if (text !== '') write(text);
    };
  }
  return lines;
}
