/**
 * Entry of the builder: a process for one engine, behind everything else in line for CPU, disk and memory. What it has
 * begun goes with it: the lock of the engine's key is the kernel's, and trtexec hears of its end.
 */
import { setPriority } from 'node:os';
import { systemClock } from '../base/clock.js';
import { DetectdError } from '../base/errors.js';
import { BUILDER_OOM_SCORE, offerToEnd } from '../base/oom-score.js';
import { type AskProgram, programOutput } from '../base/program-output.js';
import { freeMemory } from '../device/free-memory.js';
import { gpuAccess } from '../device/gpu-access.js';
import { Session } from '../inference/session.js';
import {
  type BuildJob,
  type FromBuilder,
  TO_BUILDER_TYPES,
  type ToBuilder,
} from '../ipc/builder-protocol.js';
import { ParentChannel } from '../ipc/channel.js';
import { buildEngine } from './build-engine.js';
import { isFinal } from './build-failure.js';

/** As trtexec's own: the kernel derives the priority for disks from it. */
const NICE = 15;
/** From the loss of the parent, or being told to end, to the end in any case. */
const LEAVE_MS = 15_000;

/** nvidia-smi takes seconds on some machines. */
const ASK_MS = 10_000;

const channel = new ParentChannel<FromBuilder, ToBuilder>(TO_BUILDER_TYPES);
const ending = new AbortController();
let begun = false;

const ask: AskProgram = (program, args) =>
  programOutput(program, args, { timeoutMs: ASK_MS, maxBytes: 4096 });

async function build(job: BuildJob): Promise<void> {
  try {
    const { trtexec } = await gpuAccess();
    const engine = await buildEngine(job, {
      clock: systemClock,
      env: process.env,
      signal: ending.signal,
      trtexec,
      freeMemory: () => freeMemory(job.device, ask),
      openSession: (model, options) => Session.load(model, options),
      onProgress: (progress) => channel.send({ type: 'progress', progress }),
    });
    channel.send({ type: 'built', engine });
  } catch (thrown) {
    const error = DetectdError.from(thrown);
    channel.send({ type: 'failed', error: error.toData(), final: isFinal(error.code) });
  }
  await channel.drained();
  process.exit(0);
}

function leave(): void {
  ending.abort(new DetectdError('ENGINE_CANCELLED', 'The build of the engine was stopped.'));
  if (!begun) process.exit(0);
  setTimeout(() => process.exit(1), LEAVE_MS).unref();
}

async function makeModest(): Promise<void> {
  try {
    setPriority(0, NICE);
  } catch {
    // It runs behind an even lower priority.
  }
  await offerToEnd(BUILDER_OOM_SCORE);
}

channel.start({
  onMessage: (message) => {
    if (message.type === 'cancel') leave();
    else if (!begun) {
      begun = true;
      void makeModest().then(() => build(message.job));
    }
  },
  onParentGone: leave,
});
