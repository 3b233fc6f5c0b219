/** When a fresh engine agrees with the CPU, and what is said when it does not. */
import t from 'tap';
import type { Detection } from '../../dist/core/detection.js';
import type { TensorSpec, TensorValue } from '../../dist/core/prepared-graph.js';
import type { Precision } from '../../dist/core/worker-plan.js';
import { ACCEPTANCE_LIMITS, Acceptance, type Computed } from '../../dist/engines/acceptance.js';

const SPECS: TensorSpec[] = [{ name: 'scores', type: 'float32', dims: [1, 4] }];
const THING: Detection = { label: 'thing', labelId: 0, score: 0.9, box: { x1: 10, y1: 10, x2: 60, y2: 60 } };

function tensor(values: number[]): TensorValue {
  return { type: 'float32', data: Float32Array.from(values), dims: [1, values.length] };
}

function computed(values: number[], detections: Detection[] = [THING]): Computed {
  return { outputs: [tensor(values)], detections };
}

function verdict(engine: Computed, cpu: Computed, precision: Precision = 'fp32', specs = SPECS) {
  const acceptance = new Acceptance(specs, ACCEPTANCE_LIMITS[precision], 0.3);
  acceptance.add(engine, cpu);
  return acceptance.disagreement();
}

t.test('what computes the same is accepted, with figures', (t) => {
  const acceptance = new Acceptance(SPECS, ACCEPTANCE_LIMITS.fp32, 0.3);
  acceptance.add(computed([1, 2, 3, 4]), computed([1, 2, 3, 4]));
  acceptance.add(computed([1, 2, 3, 4.001]), computed([1, 2, 3, 4]));
  t.equal(acceptance.disagreement(), undefined);
  t.match(acceptance.figures(), { pictures: 2, expected: 2, found: 2, matched: 2, missing: 0, extra: 0 });
  const error = acceptance.figures().output_errors['scores'] ?? 0;
  t.ok(error > 0 && error < 0.001);
  t.end();
});

t.test('an engine that finds nothing is refused, in every precision', (t) => {
  for (const precision of ['fp32', 'fp16', 'int8'] as const)
    t.equal(
      verdict(computed([1, 1, 1, 1], []), computed([1, 1, 1, 1]), precision),
      'finds nothing where the CPU finds 1',
    );
  t.end();
});

t.test('what is found elsewhere, or only by the engine, is refused', (t) => {
  const moved = { ...THING, box: { x1: 40, y1: 10, x2: 90, y2: 60 } };
  const same = [1, 1, 1, 1];
  t.match(
    verdict(computed(same, [moved]), computed(same)),
    /does not find 1 of the 1 .*, and 1 that it does not/,
  );
  t.match(verdict(computed(same, [THING, moved]), computed(same)), /0 of the 1 .*, and 1 that it does not/);
  t.equal(verdict(computed(same, [{ ...THING, score: 0.891 }]), computed(same)), undefined);
  t.end();
});

t.test('less precision may move boxes and scores by more, and not by everything', (t) => {
  const same = [1, 1, 1, 1];
  const shifted = { ...THING, score: 0.86, box: { x1: 12, y1: 10, x2: 62, y2: 60 } };
  t.ok(verdict(computed(same, [shifted]), computed(same), 'fp32'));
  t.equal(verdict(computed(same, [shifted]), computed(same), 'fp16'), undefined);
  const worse = { ...THING, score: 0.77, box: { x1: 15, y1: 10, x2: 65, y2: 60 } };
  t.ok(verdict(computed(same, [worse]), computed(same), 'fp16'));
  t.equal(verdict(computed(same, [worse]), computed(same), 'int8'), undefined);
  t.end();
});

t.test('raw outputs that differ are refused although nothing is found in either', (t) => {
  const cpu = computed([1, 2, 3, 4], []);
  t.match(
    verdict(computed([1, 2, 3, 4.2], []), cpu),
    /by 3\.6 % in its output "scores", with 0\.5 % allowed/,
  );
  t.equal(verdict(computed([1, 2, 3, 4.2], []), cpu, 'fp16'), undefined);
  t.match(verdict(computed([0, 0, 0, 0], []), cpu, 'int8'), /in its output "scores"/);
  t.end();
});

t.test('rounding beside nothing is no difference: an output of 1e-5 may be twice that', (t) => {
  const tiny = (factor: number) =>
    computed(
      [1e-5, 0, 2e-5, 1e-6].map((value) => value * factor),
      [],
    );
  t.equal(verdict(tiny(2), tiny(1)), undefined);
  t.end();
});

t.test('what is no number is refused, unless the CPU says the same', (t) => {
  const { NaN: none, NEGATIVE_INFINITY: least } = Number;
  t.match(verdict(computed([1, none, 1, 1]), computed([1, 1, 1, 1])), /gives NaN in its output "scores"/);
  t.match(verdict(computed([1, -least, 1, 1]), computed([1, 1, 1, 1])), /gives Infinity/);
  t.equal(verdict(computed([1, least, 1, 1]), computed([1, least, 1, 1])), undefined);
  t.end();
});

t.test('too few numbers are refused, and outputs of no fixed size left to what is found in them', (t) => {
  t.match(
    verdict(computed([1, 1]), computed([1, 1, 1, 1])),
    /gives 2 numbers as "scores" where the CPU gives 4/,
  );
  t.match(verdict({ outputs: [], detections: [THING] }, computed([1])), /gives no numbers as "scores"/);
  const rows: TensorSpec[] = [{ name: 'rows', type: 'float32', dims: [null, 6] }];
  const acceptance = new Acceptance(rows, ACCEPTANCE_LIMITS.fp32, 0.3);
  acceptance.add(computed([1]), computed([1, 2]));
  t.equal(acceptance.disagreement(), undefined);
  t.strictSame(acceptance.figures().output_errors, { rows: null });
  t.end();
});
