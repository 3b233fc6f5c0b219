/** Paths of a configuration made absolute. */
import t from 'tap';
import { resolveConfigPaths } from '../../dist/config/relative-paths.js';
import { testConfig } from '../helpers/config.js';

t.test('relative paths start at the folder of the file, absolute ones stay', (t) => {
  const config = testConfig({
    paths: { state: 'state', cache: '/cache' },
    mqtt: { ca: 'ca.pem', cert: '../c.pem', key: '/k.pem' },
    http: { textfile: 'd.prom' },
    models: { a: { bundle: 'm' }, b: { bundle: '/m' } },
  });
  const resolved = resolveConfigPaths(config, '/etc/detectd');
  t.match(resolved, {
    paths: { state: '/etc/detectd/state', cache: '/cache' },
    mqtt: { ca: '/etc/detectd/ca.pem', cert: '/etc/c.pem', key: '/k.pem', broker: 'embedded' },
    http: { textfile: '/etc/detectd/d.prom', port: 9847 },
    models: { a: { bundle: '/etc/detectd/m', threshold: 0.5 }, b: { bundle: '/m' } },
  });
  t.equal(config.models['a']?.bundle, 'm', 'the given one is left alone');
  t.strictSame(resolveConfigPaths(testConfig(), '/x'), testConfig(), 'what is not set stays unset');
  t.end();
});
