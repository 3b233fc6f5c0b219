/** What is wrong with the figures of a self test, each with what to do about it. Pure. */
import { DetectdError } from '../base/errors.js';
import { type Finding, failure, fault } from './finding.js';
import type { SelftestFigures } from './selftest-tally.js';

export interface SelftestLimits {
  precision: number;
  recall: number;
  /** Fewest messages. */
  frames: number;
  /** Most milliseconds that 99 of 100 messages may take. */
  latency_ms: number;
}

export interface SelftestOutcome {
  figures: SelftestFigures;
  /** What the model says it can find; undefined when it has not said anything. */
  labels: string[] | undefined;
  /** Arithmetic that was asked for, and that the model says it computes in. */
  arithmetic: { wanted: string; used: string | undefined };
  /** Labels that are drawn. */
  drawn: readonly string[];
  /** Ends of workers after the first detection, with their reasons. */
  workerFaults: DetectdError[];
}

const COMPARE =
  'Run it again with --provider cpu: if that passes, the engine or the driver computes wrongly; if not, look at the model with "detectd detect --output".';

/** Empty when everything is within its limits. */
export function selftestProblems(outcome: SelftestOutcome, limits: SelftestLimits): Finding[] {
  const { figures, workerFaults } = outcome;
  return [
    ...workerFaults.map((error) => failure('worker', error)),
    ...arithmetic(outcome),
    ...accuracy(outcome, limits),
    ...delivery(figures, limits),
  ];
}

/** A pass in other arithmetic than the one in question would tell nothing about that. */
function arithmetic({ arithmetic: { wanted, used } }: SelftestOutcome): Finding[] {
  if (used === undefined || used === wanted) return [];
  const text = `The model was to compute in ${wanted}, but does so in ${used}.`;
  return [failed('arithmetic', text, `Take --precision ${used}; ${wanted} needs a TensorRT engine.`)];
}

function accuracy({ figures, labels, drawn }: SelftestOutcome, limits: SelftestLimits): Finding[] {
  const { precision, recall, objects, frames } = figures;
  if (frames === 0) return [];
  if (labels !== undefined && !drawn.some((label) => labels.includes(label))) {
    const known = labels.slice(0, 5).join(', ');
    const text = `The model knows none of the drawn shapes (${drawn.join(', ')}); it knows ${known || 'nothing'}.`;
    return [failed('model', text, 'Leave --bundle out: the self test brings a model that fits.')];
  }
  if (objects.right + objects.wrong === 0 && objects.missed > 0) {
    const text = `Nothing was found in ${frames} pictures that hold ${objects.missed} objects.`;
    return [failed('recall', text, COMPARE)];
  }
  const found: Finding[] = [];
  if (precision !== null && precision < limits.precision) {
    const text = `Precision is ${precision}, below ${limits.precision}: ${objects.wrong} detections are wrong.`;
    found.push(failed('precision', text, COMPARE));
  }
  if (recall !== null && recall < limits.recall) {
    const text = `Recall is ${recall}, below ${limits.recall}: ${objects.missed} objects were not found.`;
    found.push(failed('recall', text, COMPARE));
  }
  if (recall === null)
    found.push(failed('scene', 'No picture held an object.', 'Let it run for longer with --seconds.'));
  return found;
}

function delivery(
  { frames, latency_ms, lost, unreadable }: SelftestFigures,
  limits: SelftestLimits,
): Finding[] {
  const found: Finding[] = [];
  if (frames < limits.frames)
    found.push(
      failed(
        'frames',
        `Only ${frames} pictures were analysed, fewer than ${limits.frames}.`,
        'See with "top" what else keeps the machine busy, run it for longer with --seconds, or ask for less with --min-frames.',
      ),
    );
  if (latency_ms.p99 !== null && latency_ms.p99 > limits.latency_ms)
    found.push(
      failed(
        'latency',
        `One message in a hundred took ${latency_ms.p99} ms or more, longer than ${limits.latency_ms} ms.`,
        'See with "top" what else keeps the machine busy and how far the broker is, or allow more with --max-latency.',
      ),
    );
  if (lost > 0)
    found.push(
      failed(
        'sequence',
        `${lost} messages were sent but did not come.`,
        'Look at the network and at the queue limits of the broker: it drops what a subscriber does not take in time.',
      ),
    );
  if (unreadable > 0)
    found.push(
      failed(
        'messages',
        `${unreadable} messages were no detections with the truth of their picture.`,
        'See whether something else publishes below the base topic, or changes messages on the way.',
      ),
    );
  return found;
}

function failed(check: string, detail: string, cure: string): Finding {
  return fault(check, 'failed', detail, cure);
}

/** What the command ends with when there are problems. */
export function selftestError(problems: readonly Finding[]): DetectdError {
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  return new DetectdError(
    'SELFTEST_FAILED',
    `The self test found ${count}.`,
    'Each one above says what to do.',
  );
}
