/**
 * The fault matrix of cameras: each fault of fault-rows.mjs on the same daemon, one after the other. A row says what the
 * camera was told as and how soon, how soon after the cure it was back, and how many of their pictures the other cameras
 * lost from the fault to its end.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { CameraStage, NAMES } from './camera-stage.mjs';
import { FAULTS } from './fault-rows.mjs';
import { inFolder } from './programs.mjs';

export const LIMITS = { toldMs: 5000, backMs: 10_000, loss: 0.05 };
/** What is later than this is not waited for: it falls short. */
const PATIENCE = 2;
/** A fault lasts this long, so that attempts are as far apart as they are when a camera is gone for a while. */
const HOLD_MS = { whole: 15_000, short: 1000 };
const SETTLE_MS = { whole: 5000, short: 2500 };
const USUAL_MS = 60_000;
/** What a fault leads to may be heard this long before its maker says that it is done. */
const HEARD_EARLIER_MS = 200;

/** The rows that are run: all, or the short form's, or those that `only` names. */
export function rows({ short = false, only } = {}) {
  return FAULTS.filter((fault) => (only === undefined ? !short || fault.short : only.includes(fault.name)));
}

/** Runs them; `onRow` hears of each. Throws when the stage cannot be set. */
export function runMatrix({ short = false, only, onRow = () => {} } = {}) {
  return inFolder(async (folder) => {
    const stage = new CameraStage(folder);
    const outcomes = [];
    const leave = () => stage.close().finally(() => process.exit(130));
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, leave);
    try {
      await stage.start();
      const rates = new Rates(stage.books);
      await rates.watch(SETTLE_MS.whole);
      for (const fault of rows({ short, only })) {
        const { name, how } = fault;
        const outcome = await row(stage, rates, fault, short ? 'short' : 'whole').catch(({ message }) => {
          return { name, how, loss: 0, why: [message.slice(0, 200)], holds: false };
        });
        outcomes.push(outcome);
        onRow(outcome);
      }
      return outcomes;
    } finally {
      for (const signal of ['SIGINT', 'SIGTERM']) process.off(signal, leave);
      await stage.close();
    }
  });
}

async function row(stage, rates, fault, form) {
  const { name, how, camera, told, cure } = fault;
  const impossible = fault.impossible?.(stage);
  if (impossible) return { name, how, impossible };
  const { books } = stage;
  const rig = { stage, server: stage.servers.get(camera), network: stage.networks.get(camera) };
  await usual(stage);
  if (fault.before !== undefined) {
    await fault.before(rig);
    await sleep(1000);
    await usual(stage);
  }
  await rates.watch(SETTLE_MS[form]);
  const disorder = NAMES.map((each) => books.disorder(each));
  let begin = performance.now();
  const way = await fault.make(rig);
  const made = performance.now();
  if (fault.waits) begin = made - HEARD_EARLIER_MS;
  const byDetections = fault.toldBy === 'detections';
  const heard = () => (byDetections ? books.detections(camera, begin) : books.statuses(camera, begin));
  const first = await books.first(() => heard().find(told), LIMITS.toldMs * PATIENCE);
  if (cure !== undefined) await sleep(Math.max(500, begin + HOLD_MS[form] - performance.now()));
  const last = books.statuses(camera, begin).findLast(told);
  const newest = books.status(camera);
  await cure?.(rig);
  const cured = cure === undefined ? made : performance.now();
  const back = fault.neverBack ? undefined : await whenBack(stage, fault, cured);
  const end = back ?? performance.now();
  const losses = NAMES.filter((each) => each !== camera).map((each) => rates.loss(each, begin, end));
  const outcome = {
    name,
    how: typeof way === 'string' ? `${how} (${way})` : how,
    state: byDetections ? newest?.state : last?.state,
    code: last?.code,
    by: fault.by,
    reason: last?.reason,
    toldMs: first === undefined ? undefined : Math.max(0, first.at - begin),
    backMs: back === undefined ? undefined : Math.max(0, back - cured),
    neverBack: fault.neverBack === true,
    loss: Math.max(...losses),
    inOrder: NAMES.every((each, index) => books.disorder(each) === disorder[index]),
    /** It was told to the end of the fault. */
    lasting: cure === undefined || byDetections || last === newest,
  };
  await fault.undo?.(rig);
  if (stage.daemon.ended !== undefined) throw new Error(`the daemon ended ${stage.daemon.ended}`);
  const why = shortcomings(outcome, fault, form);
  return { ...outcome, why, holds: why.length === 0 };
}

function shortcomings({ toldMs, backMs, neverBack, loss, inOrder, lasting, code, reason }, fault, form) {
  const why = [];
  if (toldMs === undefined) why.push('never told');
  else if (toldMs > LIMITS.toldMs) why.push('told late');
  else if (!lasting) why.push('told, then no more');
  // What it is told as in the end is known after some attempts.
  if (form === 'whole' && fault.code !== undefined && code !== fault.code)
    why.push(`code ${code}, not ${fault.code}`);
  if (form === 'whole' && fault.reason !== undefined && !fault.reason.test(reason ?? ''))
    why.push(`reason: ${reason}`);
  if (!neverBack && backMs === undefined) why.push('not back');
  else if (backMs > LIMITS.backMs) why.push('back late');
  if (loss > LIMITS.loss) why.push('others lose too much');
  if (!inOrder) why.push('seq breaks');
  return why;
}

/** When the camera gives detections as before, which `cured` may ask more of. */
async function whenBack(stage, fault, cured) {
  const limit = LIMITS.backMs * PATIENCE;
  if (fault.cured === undefined) return stage.back(fault.camera, cured, limit);
  const found = () => stage.books.detections(fault.camera, cured).find(fault.cured);
  return (await stage.books.first(found, limit))?.at;
}

/** All cameras are online; what earlier faults left is over. */
async function usual(stage) {
  const from = performance.now();
  for (const name of NAMES)
    if ((await stage.back(name, from, USUAL_MS)) === undefined)
      throw new Error(`camera ${name} did not come back before: ${stage.books.status(name)?.reason}`);
}

/** How many detections each camera gives while nothing happens, for what is missing while something does. */
class Rates {
  #books;
  #counts = new Map(NAMES.map((name) => [name, 0]));
  #watchedMs = 0;

  constructor(books) {
    this.#books = books;
  }

  async watch(ms) {
    const begin = performance.now();
    await sleep(ms);
    this.#watchedMs += performance.now() - begin;
    for (const name of NAMES)
      this.#counts.set(name, this.#counts.get(name) + this.#books.detections(name, begin).length);
  }

  /** Share of the detections that are missing between two times; one in either may lie across a border. */
  loss(name, begin, end) {
    const expected = Math.floor(((end - begin) * this.#counts.get(name)) / this.#watchedMs);
    if (expected === 0) return 0;
    const came = this.#books.detections(name, begin).filter(({ at }) => at <= end).length;
    return Math.max(0, expected - came) / expected;
  }
}
