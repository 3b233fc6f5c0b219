/** The updater over a real store: every way a change of model can go, with network, builds and workers as doubles. */
import { appendFileSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { DetectdError } from '../../dist/base/errors.js';
import { targetKey } from '../../dist/models/model-target.js';
import { writeRequest } from '../../dist/models/update-request.js';
import { tinyBundle } from '../helpers/tiny-bundle.js';
import { until } from '../helpers/until.js';
import { corrupt, endless, failing, GOOD, packedVersion, updateRig, wishFor } from '../helpers/update-rig.js';

const BAD = {
  good: false,
  error: { code: 'MODEL_FINDS_NOTHING', message: 'It finds nothing.' },
  facts: GOOD.facts,
} as const;

t.test('a version is fetched, verified, staged, built, tried, switched to and confirmed', async (t) => {
  const rig = await updateRig(t);
  const one = await packedVersion(rig.folder, '1.0.0');
  await rig.want(wishFor(one));
  await rig.reaches('confirmed');
  t.equal(rig.serving(), '1.0.0');
  await until(() => rig.done.includes('settled'));
  t.strictSame(rig.done, ['fetch', 'discard', 'build 1.0.0', 'try 1.0.0', 'switch 1.0.0', 'settled']);
  const { active, highest, previous, history } = rig.slot();
  t.equal(active?.archive, one.sha256);
  t.equal(highest, '1.0.0');
  t.equal(previous, undefined);
  t.match(history, [{ outcome: 'confirmed', to: '1.0.0' }]);
  t.equal(rig.store.activePath('people', wishFor(one).target), active?.path);
  t.ok(existsSync(join(active?.path ?? '', 'model.onnx')));
  await rig.want(wishFor(await packedVersion(rig.folder, '1.1.0', { score: 0.8 })));
  await until(() => rig.serving() === '1.1.0');
  await rig.reaches('confirmed');
  t.equal(rig.slot().previous?.version, '1.0.0', 'the way back stays');
});

t.test('what serves already and comes from elsewhere is not tried, and the way back stays', async (t) => {
  const rig = await updateRig(t);
  await rig.want(wishFor(await packedVersion(rig.folder, '1.0.0')));
  await rig.reaches('confirmed');
  const two = await packedVersion(rig.folder, '1.1.0', { score: 0.8 });
  await rig.want(wishFor(two));
  await until(() => rig.serving() === '1.1.0');
  await rig.reaches('confirmed');
  await until(() => rig.done.filter((what) => what === 'settled').length === 2);
  rig.done.length = 0;
  const elsewhere = wishFor(two, { sha256: undefined, version: '1.1.0' });
  await rig.want(elsewhere);
  await until(() => rig.slot().activeKey === targetKey(elsewhere.target));
  t.match(rig.slot(), { active: { version: '1.1.0' }, previous: { version: '1.0.0' }, update: undefined });
  t.strictSame(rig.done, ['fetch', 'discard']);
});

t.test('a version that fails on probation is called back with the reason, and not tried again', async (t) => {
  const rig = await updateRig(t);
  await rig.want(wishFor(await packedVersion(rig.folder, '1.0.0')));
  await rig.reaches('confirmed');
  rig.acts.probation = async () => BAD;
  const two = wishFor(await packedVersion(rig.folder, '1.1.0', { score: 0.1 }));
  await rig.want(two);
  await rig.reaches('rolled_back');
  t.equal(rig.serving(), '1.0.0');
  await until(() => rig.done.includes('call back 1.0.0: MODEL_FINDS_NOTHING'));
  t.match(rig.slot(), { update: { error: { code: 'MODEL_FINDS_NOTHING' } }, previous: undefined });
  rig.acts.probation = async () => GOOD;
  rig.done.length = 0;
  await rig.restart();
  await rig.want(two);
  rig.clock.advance(3_600_000);
  t.strictSame(rig.done, [], 'it is remembered across a restart');
  t.equal(rig.serving(), '1.0.0');
  await rig.want({ ...two, target: { ...two.target, attempt: 2 } });
  await rig.reaches('confirmed');
  t.equal(rig.serving(), '1.1.0', 'another attempt was asked for');
});

t.test('a version that fails before it serves leaves all as it was', async (t) => {
  const rig = await updateRig(t);
  await rig.want(wishFor(await packedVersion(rig.folder, '1.0.0')));
  await rig.reaches('confirmed');
  const faults = [
    ['build', 'ENGINE_REFUSED'],
    ['tryOut', 'MODEL_FAILS'],
    ['verify', 'MODEL_BAD_SIGNATURE'],
    ['judge', 'MODEL_CLASSES'],
    ['switchTo', 'MODEL_LOAD'],
  ] as const;
  let minor = 1;
  for (const [act, code] of faults) {
    const good = rig.acts[act];
    rig.acts[act] = failing(code) as never;
    await rig.want(wishFor(await packedVersion(rig.folder, `1.${minor}.0`, { score: 0.1 * minor })));
    await rig.reaches(act === 'switchTo' ? 'rolled_back' : 'failed');
    t.equal(rig.serving(), '1.0.0', act);
    t.equal(rig.slot().update?.error?.code, code);
    rig.acts[act] = good as never;
    minor += 1;
  }
  await until(() => readdirSync(rig.store.layout.versions).length === 1);
  t.ok(existsSync(rig.slot().active?.path ?? ''), 'what was refused is removed, what serves is not');
});

t.test('an archive that is not the one that was named is refused before it is unpacked', async (t) => {
  const rig = await updateRig(t);
  const one = await packedVersion(rig.folder, '1.0.0');
  appendFileSync(one.path, 'x');
  await rig.want(wishFor(one));
  await rig.reaches('failed');
  t.equal(rig.slot().update?.error?.code, 'MODEL_DIGEST');
  t.strictSame(readdirSync(rig.store.layout.versions), []);
  t.equal(rig.store.activePath('people', wishFor(one).target), undefined, 'its cameras wait');
});

t.test('an older version is refused unless it is allowed', async (t) => {
  const rig = await updateRig(t);
  await rig.want(wishFor(await packedVersion(rig.folder, '1.10.0')));
  await rig.reaches('confirmed');
  const old = wishFor(await packedVersion(rig.folder, '1.9.0', { score: 0.8 }));
  await rig.want(old);
  await rig.reaches('failed');
  t.equal(rig.slot().update?.error?.code, 'MODEL_TOO_OLD');
  await rig.want({ ...old, downgrade: true, target: { ...old.target, attempt: 2 } });
  await rig.reaches('confirmed');
  t.equal(rig.serving(), '1.9.0');
  t.equal(rig.slot().highest, '1.10.0', 'the highest is not forgotten');
});

t.test('what may pass by itself is tried again for as long as it takes, and said', async (t) => {
  const rig = await updateRig(t);
  const { fetch } = rig.acts;
  let tries = 0;
  rig.acts.fetch = async (...args) => {
    tries += 1;
    if (tries <= 6) throw new DetectdError('UPDATE_FETCH', 'No route to host.');
    return fetch(...args);
  };
  await rig.want(wishFor(await packedVersion(rig.folder, '1.0.0')));
  await until(() => rig.slot().update?.error !== undefined);
  t.match(rig.slot(), {
    update: { phase: 'downloading', error: { code: 'UPDATE_FETCH' }, tries: 0 },
    refused: [],
  });
  await until(() => {
    rig.clock.advance(60_000);
    return rig.slot().update?.phase === 'confirmed';
  });
  t.equal(tries, 7);
});

t.test('memory that runs out is tried a few times, and then it is the version', async (t) => {
  const rig = await updateRig(t, { build: failing('ENGINE_MEMORY') });
  await rig.want(wishFor(await packedVersion(rig.folder, '1.0.0')));
  await until(() => {
    rig.clock.advance(60_000);
    return rig.slot().update?.phase === 'failed';
  });
  t.match(rig.slot(), { update: { tries: 3, error: { code: 'ENGINE_MEMORY' } } });
});

t.test('it waits for its time, and says for what', async (t) => {
  let reason: string | undefined = 'the time window opens at 22:00';
  const rig = await updateRig(t, { mayBegin: () => reason });
  await rig.want(wishFor(await packedVersion(rig.folder, '1.0.0')));
  await until(() => rig.updater.state('people').progress?.waiting !== undefined);
  t.equal(rig.updater.state('people').progress?.waiting, reason);
  t.equal(rig.slot().update?.phase, 'downloading');
  t.strictSame(rig.done, []);
  reason = undefined;
  await until(() => {
    rig.clock.advance(15_000);
    return rig.slot().update?.phase === 'confirmed';
  });
});

t.test('something else that is wanted meanwhile takes the place of what was', async (t) => {
  const rig = await updateRig(t);
  await rig.want(wishFor(await packedVersion(rig.folder, '1.0.0')));
  await rig.reaches('confirmed');
  const { build } = rig.acts;
  rig.acts.build = (_model, _version, signal) => endless(signal);
  const two = wishFor(await packedVersion(rig.folder, '1.1.0', { score: 0.8 }));
  await rig.want(two);
  await rig.reaches('building');
  rig.acts.build = build;
  await rig.want(wishFor(await packedVersion(rig.folder, '1.2.0', { score: 0.7 })));
  await until(() => rig.serving() === '1.2.0');
  t.match(
    rig.slot().history.map(({ outcome }) => outcome),
    ['confirmed', 'superseded'],
  );
  t.equal(rig.slot().previous?.version, '1.0.0');
  await rig.reaches('confirmed');
});

t.test('on probation the version before is called back as soon as it is wanted again', async (t) => {
  const rig = await updateRig(t);
  const one = wishFor(await packedVersion(rig.folder, '1.0.0'));
  await rig.want(one);
  await rig.reaches('confirmed');
  rig.acts.probation = (_model, _version, signal) => endless(signal);
  await rig.want(wishFor(await packedVersion(rig.folder, '1.1.0', { score: 0.8 })));
  await rig.reaches('active');
  t.equal(rig.serving(), '1.1.0');
  await rig.want(one);
  await until(() => rig.done.some((each) => each.startsWith('call back 1.0.0')));
  t.equal(rig.serving(), '1.0.0');
  t.equal(rig.slot().update, undefined);
  t.strictSame(rig.slot().refused, []);
});

t.test('a stop in order is no try; a version that ends the daemon every time is given up', async (t) => {
  const rig = await updateRig(t);
  await rig.want(wishFor(await packedVersion(rig.folder, '1.0.0')));
  await rig.reaches('confirmed');
  rig.acts.probation = (_model, _version, signal) => endless(signal);
  await rig.want(wishFor(await packedVersion(rig.folder, '1.1.0', { score: 0.8 })));
  await rig.reaches('active');
  for (let start = 0; start < 5; start += 1) {
    await until(() => rig.slot().update?.tries === 1);
    await rig.restart();
    t.equal(rig.serving(), '1.1.0', 'after a stop in order the new one goes on');
  }
  for (let start = 0; start < 2; start += 1) {
    await until(() => rig.slot().update?.tries === 1 + start);
    await rig.restart('power');
    await rig.reaches('active');
    t.equal(rig.serving(), '1.1.0');
  }
  await until(() => rig.slot().update?.tries === 3);
  await rig.restart('power');
  await rig.reaches('rolled_back');
  t.equal(rig.serving(), '1.0.0');
  t.equal(rig.slot().update?.error?.code, 'UPDATE_INTERRUPTED');
});

t.test('a bundle in its place is taken as it is at first, and tried when it is another one', async (t) => {
  const rig = await updateRig(t);
  const place = (path: string) => ({
    ...{ classes: 'same' as const, downgrade: false, urgent: false },
    target: { source: { kind: 'place' as const, path }, sha256: undefined, version: undefined, attempt: 1 },
  });
  const first = place(tinyBundle(join(rig.folder, 'first')));
  const second = place(tinyBundle(join(rig.folder, 'second'), { score: 0.5 }));
  t.equal(rig.store.activePath('people', first.target), join(rig.folder, 'first'), 'before anything is read');
  await rig.want(first);
  await until(() => rig.serving() !== undefined);
  t.strictSame(rig.done, []);
  t.match(rig.slot().history, [{ outcome: 'adopted' }]);
  rig.acts.probation = async () => BAD;
  await rig.want(second);
  await rig.reaches('rolled_back');
  t.equal(rig.store.activePath('people', second.target), join(rig.folder, 'first'));
  t.notOk(rig.done.includes('fetch'));
  const missing = place(join(rig.folder, 'missing'));
  await rig.want(missing);
  await until(() => rig.slot().update?.error?.code === 'BUNDLE_NOT_FOUND');
  t.equal(rig.store.activePath('people', missing.target), join(rig.folder, 'first'));
  t.strictSame(
    rig.slot().refused.map(({ error }) => error.code),
    ['MODEL_FINDS_NOTHING'],
    'it may be put there yet',
  );
});

t.test('requests of commands: once more, back, and back to a named one', async (t) => {
  const rig = await updateRig(t);
  const ask = async (id: string, change: object) => {
    const request = {
      do: 'rollback',
      target: undefined,
      again: false,
      downgrade: false,
      to: undefined,
    } as const;
    await writeRequest(rig.store.layout, 'people', { ...request, id, ...change });
    await until(() => {
      rig.clock.advance(1000);
      return rig.slot().request?.id === id;
    });
  };
  const one = wishFor(await packedVersion(rig.folder, '1.0.0'));
  await rig.want(one);
  await rig.reaches('confirmed');
  await ask('r0', {});
  t.match(rig.slot().request, { error: { code: 'UPDATE_UNKNOWN' } });
  const two = wishFor(await packedVersion(rig.folder, '1.1.0', { score: 0.8 }));
  await rig.want(two);
  await until(() => rig.serving() === '1.1.0');
  await rig.reaches('confirmed');
  await ask('r1', {});
  t.equal(rig.serving(), '1.0.0');
  await until(() => rig.done.at(-1) === 'switch 1.0.0');
  await rig.restart();
  await rig.want(two);
  t.equal(rig.serving(), '1.0.0', 'it stays until the configuration changes');
  await ask('r2', { do: 'install' });
  await until(() => rig.serving() === '1.1.0');
  await ask('r3', { to: '1.0.0' });
  t.equal(rig.serving(), '1.0.0');
  await ask('r4', { to: '9.9.9' });
  t.match(rig.slot().request?.error, { code: 'UPDATE_UNKNOWN' });
});

t.test(
  'a version whose files have changed is never used: the one before is, and it is fetched anew',
  async (t) => {
    const rig = await updateRig(t);
    await rig.want(wishFor(await packedVersion(rig.folder, '1.0.0')));
    await rig.reaches('confirmed');
    await rig.want(wishFor(await packedVersion(rig.folder, '1.1.0', { score: 0.8 })));
    await until(() => rig.serving() === '1.1.0');
    await rig.reaches('confirmed');
    corrupt(join(rig.slot().active?.path ?? '', 'model.onnx'));
    rig.acts.build = (_model, _version, signal) => endless(signal);
    await rig.restart();
    t.equal(rig.serving(), '1.0.0');
    await rig.reaches('building');
    t.ok(rig.done.filter((each) => each === 'fetch').length === 3);
  },
);

t.test('torn records: the one before counts, and without either what has proved itself', async (t) => {
  const rig = await updateRig(t);
  await rig.want(wishFor(await packedVersion(rig.folder, '1.0.0')));
  await rig.reaches('confirmed');
  await until(() => rig.done.includes('settled'));
  const file = join(rig.store.layout.slots, 'people.json');
  corrupt(file);
  await rig.restart();
  t.equal(rig.serving(), '1.0.0');
  t.ok(existsSync(`${file}.bad`));
  await rig.reaches('confirmed');
  for (const path of [file, `${file}.1`]) corrupt(path);
  await rig.restart();
  t.equal(rig.serving(), '1.0.0');
});

t.test('a first version that serves does not keep others waiting until it has proved itself', async (t) => {
  const rig = await updateRig(t, {
    probation: (_model, _version, signal, tell) => {
      tell({ waiting: 'no frames yet' });
      return endless(signal);
    },
  });
  const one = wishFor(await packedVersion(rig.folder, '1.0.0'));
  const two = wishFor(await packedVersion(rig.folder, '2.0.0', { score: 0.8 }));
  await rig.updater.configure(
    new Map([
      ['people', one],
      ['cars', two],
    ]),
  );
  await until(
    () => rig.slot().update?.phase === 'active' && rig.store.slot('cars').update?.phase === 'active',
  );
  t.equal(rig.serving(), '1.0.0');
  t.equal(rig.store.slot('cars').active?.version, '2.0.0');
  await rig.updater.close();
});

t.test('what is wanted next does not wait for a probation that does not end', async (t) => {
  const rig = await updateRig(t);
  await rig.want(wishFor(await packedVersion(rig.folder, '1.0.0')));
  await rig.reaches('confirmed');
  let begun = false;
  rig.acts.probation = (_model, _version, signal) => {
    begun = true;
    return endless(signal);
  };
  await rig.want(wishFor(await packedVersion(rig.folder, '1.1.0', { score: 0.8 })));
  await until(() => begun);
  rig.acts.probation = async () => GOOD;
  await rig.want(wishFor(await packedVersion(rig.folder, '1.2.0', { score: 0.7 })));
  await rig.reaches('confirmed');
  t.ok(rig.done.includes('call back 1.0.0: MODEL_REFUSED'), 'the one that is proven serves meanwhile');
  t.match(rig.slot(), { active: { version: '1.2.0' }, previous: { version: '1.0.0' }, refused: [] });
});

t.test(
  'a version whose signer was not trusted is tried again when the keys change, across a restart, too',
  async (t) => {
    let trust = '1'.repeat(32);
    const rig = await updateRig(t, { trust: async () => trust, judge: failing('MODEL_UNTRUSTED', 2) });
    const one = wishFor(await packedVersion(rig.folder, '1.0.0'));
    await rig.want(one);
    await rig.reaches('failed');
    rig.done.length = 0;
    await rig.want(one);
    rig.clock.advance(3_600_000);
    t.strictSame(rig.done, [], 'not while they are the same');
    trust = '2'.repeat(32);
    await rig.want(one);
    await until(() => rig.done.includes('fetch'));
    await rig.reaches('failed');
    trust = '3'.repeat(32);
    await rig.restart();
    await rig.reaches('confirmed');
    t.equal(rig.serving(), '1.0.0');
  },
);

t.test('a request is over when its own change has ended, not with the one before', async (t) => {
  const rig = await updateRig(t, { tryOut: failing('MODEL_FAILS', 1) });
  await rig.want(wishFor(await packedVersion(rig.folder, '1.0.0')));
  await rig.reaches('failed');
  let letGo = (): void => {};
  const tried = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  rig.acts.tryOut = () => tried;
  const request = { do: 'install', target: undefined, again: true, downgrade: false, to: undefined } as const;
  rig.updater.request('people', { ...request, id: 'r1' });
  await rig.reaches('trial');
  t.match(rig.slot().request, { id: 'r1', over: false });
  letGo();
  await until(() => rig.slot().request?.over === true);
  t.match(rig.slot(), { request: { error: undefined }, update: { phase: 'confirmed' } });
  rig.acts.tryOut = failing('MODEL_FAILS');
  const target = wishFor(await packedVersion(rig.folder, '1.1.0', { score: 0.8 })).target;
  rig.updater.request('people', { ...request, target, id: 'r2' });
  await until(() => rig.slot().request?.id === 'r2' && rig.slot().request?.over === true);
  t.match(rig.slot().request, { error: { code: 'MODEL_FAILS' } });
});

t.test('while it waits before another try, it says why', async (t) => {
  const rig = await updateRig(t, { fetch: failing('UPDATE_FETCH') as never });
  await rig.want(wishFor(await packedVersion(rig.folder, '1.0.0')));
  await until(() => rig.updater.state('people').resting !== undefined);
  t.match(rig.updater.state('people'), {
    resting: { code: 'UPDATE_FETCH' },
    update: { phase: 'downloading' },
  });
});

t.test('a store that takes nothing more is said, and what serves goes on', async (t) => {
  const rig = await updateRig(t);
  await rig.want(wishFor(await packedVersion(rig.folder, '1.0.0')));
  await rig.reaches('confirmed');
  const write = rig.store.write.bind(rig.store);
  rig.store.write = failing('UPDATE_NO_SPACE');
  await rig.want(wishFor(await packedVersion(rig.folder, '1.1.0', { score: 0.8 })));
  await until(() => rig.updater.state('people').progress !== undefined);
  t.match(rig.updater.state('people').progress?.waiting, /tried again: It failed with UPDATE_NO_SPACE$/);
  t.equal(rig.serving(), '1.0.0');
  rig.store.write = write;
  await until(() => {
    rig.clock.advance(10_000);
    return rig.slot().update?.phase === 'confirmed' && rig.serving() === '1.1.0';
  });
});
