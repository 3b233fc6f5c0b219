/**
 * Fetches the archive of a model, from wherever it is, onto this machine's disk. What came is kept and gone on with,
 * over failures, pauses, restarts and power cuts. It judges nothing: whether the archive is the right one, and whether
 * anybody may be believed who says so, is decided by whoever asked for it.
 */
import { DetectdError } from '../../base/errors.js';
import type { ModelTarget } from '../../core/model-update.js';
import type { ArchiveSource } from './archive-source.js';
import type { Attempt } from './attempt.js';
import { Download } from './download.js';
import { FetchFault } from './fetch-fault.js';
import type { Fetched, FetchOptions } from './fetch-options.js';
import { FileSource } from './file-source.js';
import { HttpSource } from './http-source.js';
import { MqttSource } from './mqtt-source.js';
import { TransferMeter } from './transfer-meter.js';
import { Tries } from './tries.js';

/**
 * Rejects with a FetchFault (UPDATE_FETCH, UPDATE_TOO_LARGE, UPDATE_NO_SPACE, UPDATE_STORE) whose `again` says when to
 * try again, with FOLDER_UNWRITABLE, with what `makeRoom` throws, or with the reason of the signal. One call at a time
 * for a source and folder.
 */
export async function fetchModel(target: ModelTarget, options: FetchOptions): Promise<Fetched> {
  const { folder, clock, signal, fresh = false, onProgress = () => undefined } = options;
  signal.throwIfAborted();
  const source = archiveSource(target, options);
  const meter = new TransferMeter(clock, onProgress);
  const onMoved = (): void => meter.note(download.bytes, download.offer.size);
  const download = await Download.open({ folder, target, clock, fresh, onMoved });
  try {
    meter.begin(download.bytes, download.offer.size);
    const tries = new Tries({
      ...options,
      where: source.where,
      done: () => download.bytes,
      onWaiting: (reason) => meter.waiting(reason),
    });
    if (!download.finished) await tries.run((attempt) => archive(source, target, download, attempt));
    let minisig = download.finished ? await download.minisig() : undefined;
    if (options.wantSignature) minisig ??= await tries.run((attempt) => source.signature(attempt));
    const { archivePath, bytes, sha256, pieced, offer } = download;
    if (!download.finished) await download.finish(minisig);
    return { archivePath, bytes, sha256, minisig, doubtful: pieced || offer.size === undefined };
  } finally {
    await download.close();
  }
}

function archiveSource({ source }: ModelTarget, options: FetchOptions): ArchiveSource {
  switch (source.kind) {
    case 'http':
      return new HttpSource(source.url, options);
    case 'file':
      return new FileSource(source.path, options);
    case 'mqtt':
      return new MqttSource(source.topic, options);
    case 'place':
      throw new DetectdError('INTERNAL', 'A model that is used where it lies is not fetched.');
  }
}

/** One try; what comes of it is kept, however it ends. */
async function archive(
  source: ArchiveSource,
  { sha256 }: ModelTarget,
  download: Download,
  attempt: Attempt,
): Promise<void> {
  try {
    await source.archive(download, attempt);
  } catch (error) {
    await download.sync();
    throw error;
  }
  if (sha256 === undefined || download.sha256 === sha256) return;
  // Told wrong by its digest, it may be so because of how it came.
  if (download.pieced) {
    await download.distrust();
    throw new FetchFault('UPDATE_FETCH', 'soon', 'The parts of the archive do not fit together.', {
      hint: 'It changed at its source meanwhile; it is fetched once more in one piece.',
    });
  }
  if (download.offer.size === undefined) {
    await download.distrust();
    throw new FetchFault(
      'UPDATE_FETCH',
      'later',
      'The archive ended early, or is not the one that is wanted.',
      {
        hint: 'Its server does not tell how long it is; have it send Content-Length.',
      },
    );
  }
}
