import { readFileSync } from 'node:fs';
import t from 'tap';
import { TRTEXEC_DIALECTS, trtexecDialect } from '../../dist/engines/trtexec-dialect.js';

t.test('each version is spoken to as its release wants it', async (t) => {
  const said = (...version: number[]) => {
    const dialect = trtexecDialect(version);
    return [
      dialect?.buildOnly,
      dialect?.workspace,
      dialect?.precisionFlags,
      dialect?.optimizationLevel,
      dialect?.dla,
      dialect?.uint8Inputs,
    ];
  };
  const [old, pool] = ['--workspace=', '--memPoolSize=workspace:'];
  t.same(said(8, 2, 1), ['--buildOnly', old, true, false, true, false]);
  t.same(said(8, 4, 1), ['--buildOnly', pool, true, false, true, false]);
  t.same(said(8, 5, 2), ['--buildOnly', pool, true, false, true, true]);
  t.same(said(8, 6, 2), ['--skipInference', pool, true, true, true, true]);
  t.same(said(10, 3, 0, 30), ['--skipInference', pool, true, true, true, true]);
  t.same(said(10, 13, 3), ['--skipInference', pool, true, true, false, true]);
  t.same(said(11, 1, 0), ['--skipInference', pool, false, true, false, true]);
  t.same(said(11, 4, 1), ['--skipInference', pool, false, true, true, true]);
  t.same(said(12, 0), said(11, 4, 1), 'what comes later is taken to speak like the last');
  t.equal(trtexecDialect([8, 0, 1]), undefined);
});

t.test('the table knows only flags that its release has', async (t) => {
  const list = readFileSync(new URL('../fixtures/trtexec/flags.txt', import.meta.url), 'utf8');
  for (const { buildOnly, workspace } of TRTEXEC_DIALECTS)
    for (const flag of [buildOnly, workspace]) t.match(list, new RegExp(`\\b${/\w+/.exec(flag)?.[0]}\\b`));
});
