/** What a build command writes, and where. */
import t from 'tap';
import type { EngineOutcome } from '../../dist/commands/engine-builds.js';
import { BuildReport } from '../../dist/commands/engines-build-report.js';
import { FakeClock } from '../helpers/fake-clock.js';
import { modelPlan } from '../helpers/plans.js';
import { recordedIo } from '../helpers/recorded-io.js';

const KEY = 'a'.repeat(64);
const wish = { key: KEY, provider: 'tensorrt', precision: 'int8', mode: 'live', format: 'RGB' } as const;
const order = { model: modelPlan(), wish };
const engine = {
  ...({ key: 'b'.repeat(64), provider: 'tensorrt', precision: 'fp16', wasThere: false } as const),
  ...{ ms: 125_000, bytes: 2_500_000, notes: ['There is no int8 engine: it finds nothing.'] },
};
const built: EngineOutcome = { ...order, outcome: 'built', engine, error: undefined };
const failed: EngineOutcome = {
  ...order,
  outcome: 'failed',
  engine: undefined,
  error: { code: 'ENGINE_MEMORY', message: 'Memory ran out.' },
};
const step = { model: 'people', provider: 'cuda', reason: 'It crashed.' } as const;
const progress = {
  ...({ phase: 'building', provider: 'tensorrt', precision: 'fp16' } as const),
  ...{ elapsedMs: 1, expectedMs: undefined, attempt: 1 },
};

function report(json = false, terminal = false) {
  const io = recordedIo({ errIsTerminal: terminal });
  return { io, report: new BuildReport({ io, clock: new FakeClock(), json }) };
}

t.test('without a terminal there is a line per phase, and one per engine on standard output', (t) => {
  const { io, report: made } = report();
  made.note('trying the provider cuda');
  made.stepsDown([step]);
  made.begin(2);
  made.work(order, 'x', undefined, undefined);
  made.work(order, 'x', 0.1, progress);
  made.work(order, 'x', 0.2, progress);
  made.outcome(built);
  made.outcome(failed);
  made.outcome({ ...built, outcome: 'there', engine: { ...engine, notes: [] } });
  made.end(
    [built, failed],
    [step],
    [{ model: 'cars', error: { code: 'BUNDLE_NOT_FOUND', message: 'Gone.' } }],
  );
  t.equal(
    io.text('err'),
    [
      'trying the provider cuda …',
      'people: cuda is not used: It crashed.',
      'people (live), tensorrt int8: begun',
      'people (live), tensorrt fp16: building',
      '',
    ].join('\n'),
  );
  t.equal(
    io.text('out'),
    [
      'people (live): tensorrt fp16 engine bbbbbbbbbbbb built in 2 min, 2.5 MB',
      '  There is no int8 engine: it finds nothing.',
      'people (live): no tensorrt int8 engine: ENGINE_MEMORY: Memory ran out.',
      'people (live): tensorrt fp16 engine bbbbbbbbbbbb is there already, 2.5 MB',
      'cars: BUNDLE_NOT_FOUND: Gone.',
      '',
    ].join('\n'),
  );
  t.end();
});

t.test('in a terminal there is a bar', (t) => {
  const { io, report: made } = report(false, true);
  made.begin(1);
  made.work(order, 'TensorRT fp16 engine of people: building', 0.5, progress);
  made.outcome(built);
  made.close();
  t.match(io.text('err'), '0/1 engines');
  t.notMatch(io.text('err'), 'begun');
  t.end();
});

t.test('for programs there is one object', (t) => {
  const { io, report: made } = report(true);
  made.begin(0);
  made.outcome(built);
  made.end([built, failed], [step], []);
  t.strictSame(JSON.parse(io.text('out')), {
    engines: [
      {
        ...{ model: 'people', mode: 'live', provider: 'tensorrt', precision: 'fp16', key: engine.key },
        ...{ outcome: 'built', ms: 125_000, bytes: 2_500_000, notes: engine.notes, error: null },
      },
      {
        ...{ model: 'people', mode: 'live', provider: 'tensorrt', precision: 'int8', key: KEY },
        ...{ outcome: 'failed', ms: null, bytes: null, notes: [], error: failed.error },
      },
    ],
    steps_down: [step],
    problems: [],
  });
  t.end();
});

t.test('a preview tells what is there, what would be built and what was refused', (t) => {
  const { io, report: made } = report();
  const of = { model: 'people', wish };
  made.preview(
    [
      { ...of, state: 'there', reason: undefined, expectedMs: undefined },
      { ...of, state: 'missing', reason: undefined, expectedMs: 540_000 },
      { ...of, state: 'bad', reason: 'it has 1 byte', expectedMs: undefined },
      { ...of, state: 'refused', reason: 'It finds nothing.', expectedMs: undefined },
    ],
    [],
    [],
  );
  t.strictSame(
    io.text('out').replaceAll('people (live): tensorrt int8 engine aaaaaaaaaaaa ', '').split('\n'),
    [
      'is there',
      'would be built, about 9 min',
      'would be built; the one that is there is damaged: it has 1 byte',
      'was refused, --again tries it once more: It finds nothing.',
      '',
    ],
  );
  const none = report();
  none.report.preview([], [], []);
  none.report.begin(0);
  t.equal(none.io.text('out'), 'No engine is wanted.\nNo engine is wanted.\n');
  const json = report(true);
  json.report.preview([{ ...of, state: 'missing', reason: undefined, expectedMs: 5 }], [step], []);
  t.match(JSON.parse(json.io.text('out')), {
    engines: [{ model: 'people', key: KEY, state: 'missing', reason: null, expected_ms: 5 }],
    steps_down: [step],
  });
  t.end();
});
