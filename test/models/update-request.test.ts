/** Requests of commands: taken once, whole, and hostile ones removed. */
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { storeLayout } from '../../dist/models/store-layout.js';
import { takeRequests, writeRequest } from '../../dist/models/update-request.js';
import { madeUpTarget } from '../helpers/model-slots.js';

t.test('a request is taken as it was written, once', async (t) => {
  const layout = storeLayout(t.testdir());
  mkdirSync(layout.requests, { recursive: true });
  const install = {
    id: 'a',
    do: 'install',
    target: madeUpTarget('1'),
    again: true,
    downgrade: true,
  } as const;
  const back = {
    id: 'b',
    do: 'rollback',
    target: undefined,
    again: false,
    downgrade: false,
    to: '1.0',
  } as const;
  await writeRequest(layout, 'people', { ...install, to: undefined });
  await writeRequest(layout, 'cars', back);
  const { requests, faults } = await takeRequests(layout);
  t.strictSame(requests.get('people'), { ...install, to: undefined });
  t.strictSame(requests.get('cars'), back);
  t.strictSame(faults, []);
  t.equal((await takeRequests(layout)).requests.size, 0);
});

t.test('what cannot be understood is removed and told', async (t) => {
  const layout = storeLayout(t.testdir());
  mkdirSync(layout.requests, { recursive: true });
  const at = (name: string) => join(layout.requests, name);
  writeFileSync(at('torn.json'), '{"schema":1,"id":"x"');
  writeFileSync(at('other.json'), '{"schema":1,"id":"x","do":"explode"}');
  writeFileSync(at('huge.json'), ' '.repeat(100_000));
  mkdirSync(at('folder.json'));
  symlinkSync('/dev/zero', at('link.json'));
  writeFileSync(at('.people.json.0a.tmp'), 'being written');
  const { requests, faults } = await takeRequests(layout);
  t.equal(requests.size, 0);
  t.strictSame(faults.sort(), ['folder.json', 'huge.json', 'link.json', 'other.json', 'torn.json']);
  t.strictSame(readdirSync(layout.requests), ['.people.json.0a.tmp']);
});
