/** What a document would do, before it is published. */
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { checkDesired } from '../../dist/commands/config-desired.js';
import type { DesiredScope } from '../../dist/core/desired-report.js';
import { localFile } from '../helpers/desired.js';
import { recordedIo } from '../helpers/recorded-io.js';

const NOW = Date.UTC(2026, 10, 23);

async function check(
  t: Test,
  document: object | string,
  options: { remote?: string; json?: boolean; scope?: DesiredScope } = {},
) {
  const text = typeof document === 'string' ? document : JSON.stringify(document);
  const folder = t.testdir({ 'd.yaml': localFile(options.remote), 'doc.json': text });
  const recorded = recordedIo({ env: { PW: 'hunter22' } });
  const files = { file: join(folder, 'd.yaml'), desired: join(folder, 'doc.json') };
  let thrown: unknown;
  await checkDesired(
    recorded,
    { ...files, scope: options.scope ?? 'fleet', nowMs: NOW },
    options.json ?? false,
  ).catch((error) => {
    thrown = error;
  });
  return { out: recorded.text('out'), thrown };
}

const GOOD = {
  version: 12,
  config: {
    log: { level: 'debug' },
    cameras: { gate: { source: 'rtsp://u:swordfish@h/x', fps: null } },
    mqtt: { broker: 'mqtt://x' },
  },
  rollout: { percent: 10, seed: 'people-1.3' },
};

t.test('changes, what is left out and the roll-out are told', async (t) => {
  const { out, thrown } = await check(t, GOOD);
  t.equal(thrown, undefined);
  t.match(out, /^the document fleet version 12 fits /);
  t.match(out, /changes {3}log\.level: "info" → "debug"/);
  t.match(out, /changes {3}cameras\.gate\.fps: 10 → nothing/);
  t.match(
    out,
    /changes {3}cameras\.gate\.source: "rtsp:\/\/u:\*\*\*@10\.0\.0\.7\/main" → "rtsp:\/\/u:\*\*\*@h\/x"/,
  );
  t.match(out, /left out {2}"mqtt\.broker" is for the local file alone\. \(DESIRED_NOT_ALLOWED\)/);
  t.match(out, /roll-out {2}not taken yet: it is for 10 % .* \(dock-3 stands at 34\.668\)/);
  t.notMatch(out, /hunter22|swordfish|follows no/);
  const json = JSON.parse((await check(t, GOOD, { json: true })).out);
  t.match(json, {
    valid: true,
    device: 'dock-3',
    document: { scope: 'fleet', version: 12 },
    followed: true,
    rollout: { in: false, percent: 10 },
    left_out: [{ path: 'mqtt.broker', code: 'DESIRED_NOT_ALLOWED' }],
  });
  t.same(
    json.changes.find(({ path }: { path: string }) => path === 'log.level'),
    { path: 'log.level', before: 'info', after: 'debug' },
  );
  const idle = await check(t, { version: 1, config: {} }, { remote: 'desired: false' });
  t.match(idle.out, /changes {3}nothing\n {2}but {7}this device follows no documents/);
});

t.test('a document that does not fit fails with every problem', async (t) => {
  const bad = { version: 12, config: { log: { level: 'loud' }, cameras: { gate: { fps: -1 } } } };
  const { out, thrown } = await check(t, bad);
  t.match(out, /^in the document fleet version 12: "log\.level" must be one of/m);
  t.match(thrown, {
    code: 'DESIRED_INVALID',
    message: 'With the document fleet version 12 the configuration has 2 problems.',
  });
  t.match(JSON.parse((await check(t, bad, { json: true })).out), {
    valid: false,
    code: 'DESIRED_INVALID',
    problems: [{}, {}],
  });
  t.match((await check(t, '{')).thrown, { code: 'DESIRED_MALFORMED' });
  t.match((await check(t, { version: 1, config: {}, expires: '2020-01-01T00:00:00Z' })).thrown, {
    code: 'DESIRED_EXPIRED',
  });
  t.match((await check(t, { version: 1, config: {}, device: 'x' }, { scope: 'device' })).thrown, {
    code: 'DESIRED_OTHER_DEVICE',
  });
  t.match((await check(t, ' '.repeat(262_146))).thrown, { code: 'DESIRED_TOO_LARGE' });
});
