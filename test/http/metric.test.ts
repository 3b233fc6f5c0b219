/** Metrics as data, in a registry. */
import { Registry } from 'prom-client';
import t from 'tap';
import { byKey, type Metric, oneHot, only, register } from '../../dist/http/metric.js';

type Facts = { value: number | undefined };

function metric(change: Partial<Metric<Facts>> = {}): Metric<Facts> {
  return { name: 'a', help: 'A.', kind: 'gauge', labels: [], samples: ({ value }) => only(value), ...change };
}

/** The lines that are no comments, for each of the facts in turn. */
async function told(metric: Metric<Facts>, ...turns: (Facts | undefined)[]): Promise<string[][]> {
  const registry = new Registry();
  let facts: Facts | undefined;
  register(registry, metric, () => facts);
  const answers: string[][] = [];
  for (const turn of turns) {
    facts = turn;
    const text = await registry.metrics();
    answers.push(text.split('\n').filter((line) => line !== '' && !line.startsWith('#')));
  }
  return answers;
}

t.test('what is unknown has no sample, and 0 is known', async (t) => {
  for (const kind of ['gauge', 'counter'] as const) {
    const turns = [undefined, { value: 0 }, { value: 7 }, { value: undefined }, { value: 8 }, undefined];
    t.strictSame(await told(metric({ kind }), ...turns), [[], ['a 0'], ['a 7'], [], ['a 8'], []], kind);
  }
});

t.test('what is no number has no sample, nor has a counter below 0', async (t) => {
  const turns = [{ value: Number.NaN }, { value: Number.POSITIVE_INFINITY }, { value: -1 }];
  t.strictSame(await told(metric(), ...turns), [[], [], ['a -1']]);
  t.strictSame(await told(metric({ kind: 'counter' }), ...turns), [[], [], []]);
});

t.test('a counter tells what the facts tell, not their sum', async (t) => {
  const counter = metric({ kind: 'counter', labels: ['x'], samples: ({ value }) => [[['q'], value]] });
  t.strictSame(await told(counter, { value: 2 }, { value: 3 }, { value: 1 }), [
    ['a{x="q"} 2'],
    ['a{x="q"} 3'],
    ['a{x="q"} 1'],
  ]);
});

t.test('an empty label is left out, any other text is escaped', async (t) => {
  const gauge = metric({ labels: ['x', 'y'], samples: ({ value }) => [[['', 'a"b\\c\nd'], value]] });
  t.strictSame(await told(gauge, { value: 1 }), [['a{y="a\\"b\\\\c\\nd"} 1']]);
});

t.test('the state is 1 and the others 0, a state that nobody foresaw too', (t) => {
  t.strictSame(oneHot(['gate'], ['on', 'off'], 'off'), [
    [['gate', 'on'], 0],
    [['gate', 'off'], 1],
  ]);
  t.strictSame(oneHot([], ['on'], 'odd'), [
    [['on'], 0],
    [['odd'], 1],
  ]);
  t.end();
});

t.test('a mapping is a sample per key', (t) => {
  t.strictSame(byKey({ a: 1, b: 2 }), [
    [['a'], 1],
    [['b'], 2],
  ]);
  t.end();
});
