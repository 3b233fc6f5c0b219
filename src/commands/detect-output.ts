/**
 * Where the results of `detect` go and in which form: standard output, or files that appear when everything is
 * done. What can be wrong with either is found before the model is loaded.
 */
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AtomicWriter } from '../base/atomic-writer.js';
import { DetectdError, messageOf } from '../base/errors.js';
import { ensureFolder } from '../base/writable-folder.js';
import type { DetectJob } from '../ipc/detect-protocol.js';
import { type CocoAnnotations, readCocoAnnotations } from './coco-annotations.js';
import { annotatedIds, ownIds } from './coco-ids.js';
import { cocoResults } from './coco-results.js';
import { type DetectResults, LINE_FORMATS, lineResults, type WriteLines } from './detect-results.js';

export const FORMATS = [...LINE_FORMATS, 'coco'] as const;
export type Format = (typeof FORMATS)[number];

export interface OutputOptions {
  format: Format;
  /** File for the results; standard output when there is none. */
  resultsFile: string | undefined;
  /** COCO annotations that give the ids. */
  cocoAnnotations: string | undefined;
  jobs: readonly DetectJob[];
  /** To standard output. */
  write: WriteLines;
}

const IDS_NOTE =
  'The ids of pictures and categories are made up; --results writes a file beside it that explains them.';

export class DetectOutput {
  readonly results: DetectResults;
  /** What whoever uses the results should know, for people. */
  readonly note: string | undefined;
  readonly #files: AtomicWriter[];

  private constructor(results: DetectResults, files: AtomicWriter[], note?: string) {
    this.results = results;
    this.note = note;
    this.#files = files;
  }

  /** Throws USAGE, COCO_ANNOTATIONS or FOLDER_UNWRITABLE; `results` throws OUTPUT_UNWRITABLE. */
  static async open(options: OutputOptions): Promise<DetectOutput> {
    const { format, resultsFile, cocoAnnotations, jobs } = options;
    if (cocoAnnotations !== undefined && format !== 'coco')
      throw new DetectdError('USAGE', '--coco-annotations needs --format coco.', 'Add it.');
    const files: AtomicWriter[] = [];
    const opened = async (path: string): Promise<WriteLines> => {
      await refuseOverwriting(path, [...jobs.map((job) => job.path), cocoAnnotations ?? '']);
      await ensureFolder(dirname(path), '--results');
      const file = new AtomicWriter(path);
      unwritable(() => file.start());
      files.push(file);
      return (text) => unwritable(() => file.write(text));
    };
    try {
      const write = resultsFile === undefined ? options.write : await opened(resultsFile);
      if (format !== 'coco') return new DetectOutput(lineResults(format, write), files);
      if (cocoAnnotations !== undefined) {
        const annotations = await readCocoAnnotations(cocoAnnotations);
        const results = cocoResults(annotatedIds(jobs, annotations), write);
        return new DetectOutput(results, files, absentNote(annotations, jobs.length));
      }
      if (resultsFile === undefined)
        return new DetectOutput(cocoResults(ownIds(jobs), write), files, IDS_NOTE);
      const dataset = datasetFile(resultsFile);
      const results = cocoResults(ownIds(jobs), write, await opened(dataset));
      return new DetectOutput(results, files, `${dataset} says which picture and category each id is.`);
    } catch (error) {
      for (const file of files) file.discard();
      throw error;
    }
  }

  /** Ends the results and puts files in their places. Throws OUTPUT_UNWRITABLE. */
  async commit(): Promise<void> {
    this.results.close();
    try {
      for (const file of this.#files) await file.commit();
    } catch (error) {
      throw unwritableError(error);
    }
  }

  /** Removes files that were not committed. */
  discard(): void {
    for (const file of this.#files) file.discard();
  }
}

function absentNote({ images, where }: CocoAnnotations, given: number): string | undefined {
  const absent = images.length - given;
  if (absent === 0) return undefined;
  return `${absent} of the ${images.length} pictures of ${where} were not given; nothing is found in them.`;
}

/** `out.json` → `out.dataset.json`. */
export function datasetFile(resultsFile: string): string {
  return `${resultsFile.replace(/\.json$/i, '')}.dataset.json`;
}

/** What is there may be replaced when it is an ordinary file that this run does not read. */
async function refuseOverwriting(path: string, inputs: string[]): Promise<void> {
  const there = await stat(path).catch(() => undefined);
  if (there === undefined) return;
  if (!there.isFile())
    throw new DetectdError('USAGE', `${path} is not an ordinary file.`, 'Give --results a file name.');
  for (const input of inputs) {
    const found = await stat(input).catch(() => undefined);
    if (found?.dev === there.dev && found.ino === there.ino)
      throw new DetectdError(
        'USAGE',
        `The results would overwrite ${input}.`,
        'Give --results another file.',
      );
  }
}

function unwritable(write: () => void): void {
  try {
    write();
  } catch (error) {
    throw unwritableError(error);
  }
}

function unwritableError(error: unknown): DetectdError {
  return new DetectdError(
    'OUTPUT_UNWRITABLE',
    `The results cannot be written: ${messageOf(error)}.`,
    'Free some space, or send them elsewhere.',
    { cause: error },
  );
}
