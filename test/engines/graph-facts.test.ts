/** What an engine's folder says about the graph that it was built from. */
import t from 'tap';
import type { GraphFacts } from '../../dist/core/prepared-graph.js';
import { graphFactsText, parseGraphFacts } from '../../dist/engines/graph-facts.js';

const FACTS: GraphFacts = {
  mode: 'live',
  format: 'RGB',
  imageInput: 'picture',
  networkWidth: 416,
  networkHeight: 320,
  auxiliaryInputs: [{ name: 'scale_factor', meaning: 'scale_factor' }],
  outputs: [{ name: 'rows', type: 'float32', dims: [null, 6] }],
  notes: ['203 weights folded'],
};

t.test('facts come back as they were written', (t) => {
  t.strictSame(parseGraphFacts(graphFactsText(FACTS)), FACTS);
  t.end();
});

t.test('the model itself is not written with them', (t) => {
  t.notMatch(graphFactsText({ ...FACTS, model: new Uint8Array(3) } as GraphFacts), '"model"');
  t.end();
});

t.test('what cannot be understood is refused with the place', (t) => {
  t.throws(() => parseGraphFacts('{'), { message: /graph\.json is not valid JSON/ });
  t.throws(() => parseGraphFacts('{}'), { message: /graph\.json: "mode"/ });
  const other = (change: object) => JSON.stringify({ ...FACTS, ...change });
  t.throws(() => parseGraphFacts(other({ networkWidth: 0 })), { message: /"networkWidth"/ });
  t.throws(() => parseGraphFacts(other({ auxiliaryInputs: [{ name: 'x', meaning: 'y' }] })), {
    message: /"auxiliaryInputs\.0\.meaning"/,
  });
  t.throws(() => parseGraphFacts(other({ outputs: [{ name: 'x', type: 'text', dims: [] }] })), {
    message: /"outputs\.0\.type"/,
  });
  t.end();
});
