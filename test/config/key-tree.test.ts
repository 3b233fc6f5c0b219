/** What the schema knows about keys, by place. */
import t from 'tap';
import { homeOfKey, nearestKnownKey, schemaAt } from '../../dist/config/key-tree.js';

t.test('the schema is found at any path, through names of entries', (t) => {
  t.match(schemaAt(['mqtt', 'embedded', 'port']), { type: 'integer', default: 1883 });
  t.match(schemaAt(['cameras', 'any', 'fps']), { type: 'number' });
  t.equal(schemaAt(['cameras', 'any', 'nope']), undefined);
  t.equal(schemaAt(['nope', 'deeper']), undefined);
  t.equal(schemaAt(['cameras', 0]), undefined);
  t.equal(schemaAt(['constructor']), undefined);
  t.end();
});

t.test('unknown keys are led to known ones', (t) => {
  t.equal(nearestKnownKey([], 'camera'), 'cameras');
  t.equal(nearestKnownKey(['cameras', 'gate'], 'modle'), 'model');
  t.equal(nearestKnownKey(['cameras', 'gate'], 'zzz'), undefined);
  t.equal(nearestKnownKey(['nowhere'], 'model'), undefined);
  t.equal(homeOfKey('threshold'), '"models.<name>"');
  t.equal(homeOfKey('keepalive_s'), '"mqtt"');
  t.equal(homeOfKey('cameras'), 'the top level');
  t.equal(homeOfKey('constructor'), undefined);
  t.end();
});
