/**
 * What the version before did on each camera, kept on disk for as long as the new one is on probation: a restart, after a
 * power cut too, must not take away what that one is held against.
 */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writeFileAtomic } from '../base/atomic-file.js';
import { readBoundedFile } from '../base/bounded-file.js';
import type { UpdateActs } from '../models/update-acts.js';
import type { WindowFacts } from '../supervisor/frame-window.js';
import type { ModelWatch } from '../supervisor/model-watch.js';

const MAX_BYTES = 1 << 20;

const count = z.number().min(0);

const schema = z.strictObject({
  /** Of the version that is on probation. */
  digest: z.string(),
  /** By name. */
  cameras: z.record(
    z.string(),
    z.strictObject({
      ...{ frames: count, detections: count, perFrame: count },
      ...{ inferMs: count.optional(), inferMs95: count.optional(), intervalMs: count.optional() },
    }),
  ),
});

/** The same acts, with measures in files of `folder`. Without one, or where it is damaged, they do as they do without. */
export function withMeasures(
  acts: UpdateActs,
  watch: Pick<ModelWatch, 'measure' | 'remember'>,
  folder: string,
): UpdateActs {
  const fileOf = (model: string): string => join(folder, `${model}.json`);
  return {
    ...acts,
    switchTo: async (model, version, signal) => {
      const cameras = version === undefined ? {} : watch.measure(model, version.digest);
      if (version !== undefined && Object.keys(cameras).length > 0)
        await write(folder, fileOf(model), { digest: version.digest, cameras }).catch(() => {});
      await acts.switchTo(model, version, signal);
    },
    probation: async (model, version, signal, onProgress) => {
      const kept = await read(fileOf(model)).catch(() => undefined);
      watch.remember(model, kept?.digest === version.digest ? kept.cameras : {});
      const verdict = await acts.probation(model, version, signal, onProgress);
      await rm(fileOf(model), { force: true }).catch(() => {});
      return verdict;
    },
  };
}

async function write(folder: string, path: string, measure: object): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFileAtomic(path, JSON.stringify(measure));
}

async function read(path: string): Promise<{ digest: string; cameras: Record<string, WindowFacts> }> {
  const { digest, cameras } = schema.parse(JSON.parse((await readBoundedFile(path, MAX_BYTES)).toString()));
  const whole = Object.entries(cameras).map(([camera, { inferMs, inferMs95, intervalMs, ...rest }]) => {
    return [camera, { ...rest, inferMs, inferMs95, intervalMs }] as const;
  });
  return { digest, cameras: Object.fromEntries(whole) };
}
