/** From looks at the machine to what is published and done about them. */

import t from 'tap';
import { DetectdError } from '../../dist/base/errors.js';
import { health as healthSchema } from '../../dist/config/health-schema.js';
import { noDrops } from '../../dist/core/drops.js';
import type { HealthReport } from '../../dist/core/health-report.js';
import { HealthDesk } from '../../dist/daemon/health-desk.js';
import type { MachineSample } from '../../dist/device/machine-sample.js';
import { FakeClock } from '../helpers/fake-clock.js';
import { logLines } from '../helpers/log-lines.js';
import { machineSample, type SampleChange } from '../helpers/machine-sample.js';

interface RigOptions {
  config?: Record<string, unknown>;
  /** The machine at that many seconds after the start. */
  machine?: (seconds: number) => SampleChange;
  supervised?: boolean;
  stuckCameras?: string[];
  playsFile?: () => boolean;
  deadPipelines?: number;
  nextPid?: number;
  sample?: () => Promise<MachineSample>;
}

function rig(options: RigOptions = {}) {
  const clock = new FakeClock();
  const startUs = clock.monotonicUs();
  const { log, lines } = logLines();
  const reports: HealthReport[] = [];
  const acts: string[] = [];
  let renewed: { resolve: () => void; reject: (error: Error) => void } | undefined;
  let fps: number | undefined = 20;
  let workerState = 'ready';
  let workerPid = 41;
  const seconds = () => (clock.monotonicUs() - startUs) / 1e6;
  const desk = new HealthDesk(
    {
      clock,
      log,
      sample:
        options.sample ??
        (async () => machineSample({ ...options.machine?.(seconds()), atMs: clock.monotonicUs() / 1000 })),
      facts: () => ({
        services: [{ name: 'worker', state: 'ok', reason: '' }],
        cameras: [
          {
            camera: 'gate',
            state: 'online',
            fps,
            lastFrameAgeMs: 40,
            analysed: 7,
            drops: noDrops(),
            failed: 0,
            reconnects: 0,
          },
        ],
        workerState,
        workerPid,
        nextPid: options.nextPid,
        builderPid: undefined,
        stuckCameras: options.stuckCameras ?? [],
        playsFile: options.playsFile?.() ?? false,
        deadPipelines: options.deadPipelines,
        waitingFrames: 1,
        unsentResults: 0,
        mqtt: { published: 7, dropped: 0, reconnects: 0, queuedBytes: 0 },
      }),
      takeLoopDelayMs: () => 3,
      acts: {
        recycle: (reason) => {
          acts.push(`recycle ${reason}`);
          return new Promise((resolve, reject) => {
            renewed = { resolve, reject };
          });
        },
        setRate: async (maxRate) => void acts.push(`rate ${maxRate}`),
        restart: options.supervised === false ? undefined : () => void acts.push('restart'),
        reboot: async (reason) => void acts.push(`reboot ${reason}`),
      },
      machineUptimeS: () => 86_400,
      onRemedy: () => {},
      report: (report) => void reports.push(report),
    },
    healthSchema.parse(options.config ?? {}),
  );
  /** Looks every ten seconds for that long. */
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 10_000) {
      clock.advance(10_000);
      for (let i = 0; i < 10; i += 1) await Promise.resolve();
    }
  };
  desk.start();
  return {
    desk,
    clock,
    lines,
    reports,
    acts,
    pass,
    serves: (pid = 41) => {
      workerPid = pid;
      renewed?.resolve();
    },
    fails: () => renewed?.reject(new Error('no model')),
    setState: (value: string) => {
      workerState = value;
    },
    setFps: (value: number | undefined) => {
      fps = value;
    },
  };
}

t.test('every look is a report', async (t) => {
  const { pass, reports, desk } = rig();
  await pass(30_000);
  t.equal(reports.length, 3);
  t.match(reports[2], {
    uptimeS: 30,
    services: [{ name: 'worker', state: 'ok' }],
    machine: { availableBytes: 3e9, powerMode: '15W', temperatures: [{ name: 'cpu-thermal', tempC: 50 }] },
    processes: [{ name: 'daemon' }, { name: 'worker', pid: 41 }],
    memory: [{ name: 'worker', verdict: 'warming up' }, { name: 'daemon' }, { name: 'available' }],
    cameras: [{ camera: 'gate', fps: 20 }],
    worker: { state: 'ready', failures: { WORKER_CRASHED: 0 }, loopDelayMs: 3 },
    remedies: { taken: { recycle: { leak: 0 } }, pending: undefined, maxRate: undefined },
    history: { fps: [20], workerBytes: [300e6] },
  });
  desk.close();
});

t.test('a worker that leaks is recycled once, and the report says so', async (t) => {
  // 4 MB a minute, until another one serves.
  let fresh = false;
  const machine = (seconds: number) => (fresh ? { workerPid: 42 } : { workerMb: 300 + (4 * seconds) / 60 });
  const { pass, acts, reports, serves, desk } = rig({ machine });
  await pass(3_600_000);
  t.equal(acts.length, 1, 'nobody asks twice');
  t.match(acts[0], /^recycle leak: the worker's memory grows by 2\d\d MB an hour/);
  fresh = true;
  serves();
  await pass(3_600_000);
  t.equal(acts.length, 1, 'a fresh worker is another series');
  t.match(reports.at(-1)?.remedies, {
    taken: { recycle: { leak: 1 } },
    last: { act: 'recycle', cause: 'leak' },
  });
  desk.close();
});

t.test('while somebody is seen a leaking worker stays, at most for half the time that is left', async (t) => {
  const machine = (seconds: number) => ({ workerMb: 300 + (4 * seconds) / 60 });
  const { pass, acts, reports, desk } = rig({ machine });
  for (let look = 0; look < 540; look += 1) {
    desk.objectSeen();
    await pass(10_000);
  }
  t.strictSame(acts, [], 'it is never quiet for 20 seconds when it is looked');
  t.match(reports.at(-1)?.remedies.pending, { act: 'recycle', cause: 'leak' });
  await pass(30_000);
  t.equal(acts.length, 1);
  desk.close();
});

t.test(
  'what the GPU loses and a fresh worker does not give back is told, and not acted on again',
  async (t) => {
    let given = 0;
    const machine = (seconds: number) => ({ gpuMb: 1000 + seconds / 60 - given });
    const { pass, acts, desk, serves } = rig({ machine, config: { min_free_mb: 0 } });
    await pass(4 * 3_600_000);
    t.match(acts, [/^recycle leak: memory of the GPU grows by .*; the driver does not say whose it is$/]);
    t.strictSame(desk.complaints(), [], 'not yet known');
    serves(51);
    await pass(12 * 3_600_000);
    t.equal(acts.length, 1);
    t.match(desk.complaints(), [/^memory of the GPU grows by .*; a fresh worker gave none of it back/]);
    desk.close();
    const other = rig({ machine, config: { min_free_mb: 0 } });
    const startUs = other.clock.monotonicUs();
    for (let pid = 61; pid < 64; pid += 1) {
      const { length } = other.acts;
      while (other.acts.length === length) await other.pass(600_000);
      given = (other.clock.monotonicUs() - startUs) / 60e6;
      other.serves(pid);
    }
    t.equal(other.acts.length, 3, 'a worker that leaks is replaced as often as it does');
    t.strictSame(other.desk.complaints(), []);
    other.desk.close();
  },
);

t.test('a recycling that fails is logged and does not keep the next one away', async (t) => {
  const { pass, acts, lines, fails, desk } = rig({
    config: { worker_memory_mb: 200 },
    machine: () => ({ workerMb: 300 }),
  });
  await pass(10_000);
  t.match(acts, [/^recycle memory limit: the worker has 300 MB, 200 MB are allowed/]);
  fails();
  await pass(10_000);
  t.match(lines.at(-1), { msg: 'recycle failed', reason: 'no model' });
  await pass(600_000);
  t.equal(acts.length, 2);
  desk.close();
});

t.test('a hot machine analyses half as much, says why, and goes back to its rate', async (t) => {
  let tempC = 99.5;
  const { pass, acts, desk, setFps } = rig({ machine: () => ({ tempC }) });
  await pass(60_000);
  t.strictSame(acts, ['rate 10']);
  t.match(desk.complaints(), [
    /^slowed down to 10\.0 frames\/s: cpu-thermal is at 99\.5 °C, the limit is 99\.0 °C$/,
  ]);
  setFps(10);
  await pass(120_000);
  t.strictSame(acts, ['rate 10', 'rate 5'], 'halves of what was usual, not of what is left');
  tempC = 60;
  await pass(700_000);
  t.strictSame(acts, ['rate 10', 'rate 5', 'rate 10', 'rate undefined']);
  t.strictSame(desk.complaints(), []);
  desk.close();
});

t.test('where no rate is known none is set', async (t) => {
  const { pass, acts, desk, setFps } = rig({ machine: () => ({ tempC: 120 }) });
  setFps(undefined);
  await pass(60_000);
  t.strictSame(acts, ['rate undefined']);
  desk.close();
});

t.test('nothing is done that the configuration does not want', async (t) => {
  const config = { recycle: false, slow_down: false, restart: false };
  const machine = (seconds: number) => ({ tempC: 120, roomMb: 10, workerMb: 300 + seconds });
  const { pass, acts, desk } = rig({ config, machine });
  await pass(7_200_000);
  t.strictSame(acts, []);
  desk.close();
});

t.test('only where somebody starts it again the daemon ends for want of memory', async (t) => {
  const machine = (seconds: number) => ({ roomMb: seconds < 60 ? 3000 : 10 });
  const service = rig({ machine });
  await service.pass(7_200_000);
  t.match(service.acts, [/^rate/, /^rate/, /^rate/, /^restart$/, /^restart$/]);
  const always = rig({ machine: () => ({ roomMb: 10 }) });
  await always.pass(7_200_000);
  t.notMatch(always.acts.join(), /restart/, 'a restart would find it as it is');
  always.desk.close();
  const terminal = rig({ machine, supervised: false });
  await terminal.pass(7_200_000);
  t.notMatch(terminal.acts.join(), /restart/);
  for (const { desk } of [service, terminal]) desk.close();
});

t.test('a worker that crashes for half an hour is a case for a reboot where that is allowed', async (t) => {
  const { pass, acts, desk, reports, setState } = rig({ config: { reboot: true, restart: false } });
  setState('waiting');
  const crash = new DetectdError('WORKER_CRASHED', 'The worker ended with SIGSEGV.', '');
  desk.workerFailed(crash);
  await pass(1_900_000);
  t.strictSame(acts, ['reboot The worker ended with SIGSEGV.']);
  t.match(reports.at(-1)?.worker.failures, { WORKER_CRASHED: 1 });
  desk.close();
});

t.test('a worker that serves again, or a model that is missing, is no case for a reboot', async (t) => {
  const { pass, acts, desk, setState } = rig({ config: { reboot: true } });
  setState('waiting');
  desk.workerFailed(new DetectdError('WORKER_CRASHED', 'The worker ended.', ''));
  await pass(600_000);
  setState('ready');
  desk.workerServes();
  await pass(3_600_000);
  setState('waiting');
  desk.workerFailed(new DetectdError('BUNDLE_NOT_FOUND', 'There is no such bundle.', ''));
  await pass(3_600_000);
  t.strictSame(acts, []);
  desk.close();
});

t.test('one that was to take over and fails is no reason to end the one that serves', async (t) => {
  const { pass, acts, desk, reports } = rig({ config: { reboot: true } });
  desk.workerFailed(new DetectdError('WORKER_CRASHED', 'The worker ended with SIGSEGV.', ''));
  await pass(7_200_000);
  t.strictSame(acts, []);
  t.match(reports.at(-1)?.worker.failures, { WORKER_CRASHED: 1 }, 'it is counted');
  desk.close();
});

t.test('a worker that crashes soon after each start fails, although it serves in between', async (t) => {
  const { pass, acts, desk, setState } = rig({ config: { restart: false, reboot: true } });
  for (let run = 0; run < 62; run += 1) {
    setState('waiting');
    desk.workerFailed(new DetectdError('WORKER_CRASHED', 'The worker ended with SIGSEGV.', ''));
    await pass(10_000);
    setState('ready');
    desk.workerServes();
    await pass(20_000);
  }
  t.strictSame(acts, ['reboot The worker ended with SIGSEGV.']);
  desk.close();
});

t.test('a machine that can never have what is to be left is told so, and nothing is done', async (t) => {
  const { pass, acts, desk } = rig({ config: { min_free_mb: 8000, reboot: true } });
  await pass(7_200_000);
  t.strictSame(acts, []);
  t.strictSame(desk.complaints(), ['health.min_free_mb is 8000, but the machine has only 8000 MB']);
  desk.configure(healthSchema.parse({}));
  t.strictSame(desk.complaints(), []);
  desk.close();
});

t.test('the usual rate is that of the last hour, not of a moment without cameras', async (t) => {
  let tempC = 50;
  const { pass, acts, desk, setFps } = rig({ machine: () => ({ tempC }) });
  await pass(120_000);
  setFps(0);
  tempC = 99.5;
  await pass(60_000);
  t.strictSame(acts, ['rate 10']);
  desk.close();
});

t.test('a look that fails or hangs is not the end of looking, nor are there two at a time', async (t) => {
  let looks = 0;
  const answers: ((sample: MachineSample) => void)[] = [];
  const { pass, reports, lines, desk } = rig({
    sample: () => {
      looks += 1;
      if (looks === 1) return Promise.reject(new Error('the disk is gone'));
      return new Promise((resolve) => answers.push(resolve));
    },
  });
  await pass(10_000);
  t.match(lines.at(-1), { msg: 'a look at the machine failed' });
  await pass(60_000);
  t.equal(looks, 2);
  answers[0]?.(machineSample());
  await pass(20_000);
  t.equal(looks, 3);
  t.equal(reports.length, 1);
  desk.close();
});

t.test('after the end nothing is looked at, reported or done', async (t) => {
  let answer: ((sample: MachineSample) => void) | undefined;
  const { pass, reports, clock, desk } = rig({
    sample: () =>
      new Promise((resolve) => {
        answer = resolve;
      }),
  });
  clock.advance(10_000);
  desk.close();
  answer?.(machineSample());
  await pass(60_000);
  t.strictSame(reports, []);
});

t.test('the interval may change while it runs', async (t) => {
  const { clock, reports, desk } = rig();
  desk.configure(healthSchema.parse({ interval_s: 2 }));
  clock.advance(2_000);
  for (let i = 0; i < 10; i += 1) await Promise.resolve();
  t.equal(reports.length, 1);
  desk.close();
});

t.test('the first report comes with the first worker', async (t) => {
  const { reports, desk } = rig();
  desk.workerServes();
  for (let i = 0; i < 10; i += 1) await Promise.resolve();
  t.equal(reports.length, 1);
  desk.close();
});

t.test('what cannot be looked at is a degraded machine, named', async (t) => {
  const { pass, desk } = rig({
    sample: async () => ({ ...machineSample(), missing: { temperatures: 'no answer within 1 s' } }),
  });
  t.match(desk.service(), { name: 'machine', state: 'ok' });
  await pass(10_000);
  t.match(desk.service(), { state: 'degraded', reason: 'temperatures: no answer within 1 s' });
  desk.close();
});

t.test('a camera that no opening cures wants a fresh worker', async (t) => {
  const { pass, acts, desk } = rig({ stuckCameras: ['gate'] });
  await pass(20_000);
  t.match(acts, [/^recycle decoder: data of camera "gate" arrives/]);
  desk.close();
});

t.test('a worker that has closed many cameras for good is replaced, once', async (t) => {
  const { pass, acts, desk } = rig({ deadPipelines: 32 });
  await pass(20_000);
  t.strictSame(acts, [
    'recycle dead pipelines: 32 pipelines of cameras that were changed or removed keep files and memory',
  ]);
  desk.close();
});

t.test('while another worker takes over for whatever reason, none is asked for on top', async (t) => {
  const config = { worker_memory_mb: 200 };
  const { pass, acts, desk } = rig({ config, nextPid: 43 });
  await pass(3_600_000);
  t.strictSame(acts, []);
  desk.close();
});
