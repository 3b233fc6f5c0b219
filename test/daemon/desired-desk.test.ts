/** Documents between the broker, the local file and the daemon that applies them. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { DetectdError } from '../../dist/base/errors.js';
import { withSwitches } from '../../dist/config/camera-switches.js';
import { type LoadedConfig, type LoadOptions, loadConfig } from '../../dist/config/load.js';
import type { Overlay } from '../../dist/config/overlay.js';
import type { DesiredReport } from '../../dist/core/desired-report.js';
import { DesiredDesk, type DesiredDeskOptions } from '../../dist/daemon/desired-desk.js';
import { DesiredStore } from '../../dist/models/desired-store.js';
import { LOCAL_FILE, localFile, payload } from '../helpers/desired.js';
import { FakeClock } from '../helpers/fake-clock.js';
import { logLines } from '../helpers/log-lines.js';
import { memoryFiles } from '../helpers/memory-files.js';
import { until } from '../helpers/until.js';

const FLEET = 'detectd/fleet/config/desired';
const DEVICE = 'detectd/dock-3/config/desired';

/** A daemon of which only the desk is real. */
class Rig {
  readonly clock = new FakeClock({ wallMs: Date.UTC(2026, 10, 23) });
  readonly folder: string;
  readonly hears = new Map<string, (payload: Buffer) => void>();
  readonly reports: (DesiredReport | undefined)[] = [];
  readonly applied: LoadedConfig[] = [];
  readonly ended: string[] = [];
  readonly lines: { msg: string }[];
  file: string;
  /** Why what is loaded cannot be applied. */
  refuse: (loaded: LoadedConfig) => DetectdError | undefined = () => undefined;
  readonly desk: DesiredDesk;
  reloads: Promise<unknown> = Promise.resolve();
  failures: unknown[] = [];

  constructor(t: Test, file = localFile(), folder?: string, switches?: DesiredDeskOptions['switches']) {
    this.folder = folder ?? mkdtempSync(join(tmpdir(), 'detectd-desk-'));
    if (folder === undefined) t.teardown(() => rmSync(this.folder, { recursive: true, force: true }));
    this.file = file;
    const { log, lines } = logLines();
    this.lines = lines;
    this.desk = new DesiredDesk({
      env: { STATE_DIRECTORY: this.folder },
      hostname: 'host',
      clock: this.clock,
      log,
      announcer: {
        listen: (topic, hear) => {
          this.hears.set(topic, (payload) => hear(payload, { retained: true }, topic));
          return () => {
            this.ended.push(topic);
            this.hears.delete(topic);
          };
        },
        reported: (report) => this.reports.push(report),
        models: new Map(),
      },
      changed: () => this.reload(),
      load: (path, options) => this.#load(path, options),
      ...(switches === undefined ? {} : { switches }),
    });
    t.teardown(() => this.desk.close());
  }

  get report(): DesiredReport {
    return this.reports.at(-1) as DesiredReport;
  }

  get level(): string | undefined {
    return this.applied.at(-1)?.config.log.level;
  }

  async start(): Promise<LoadedConfig> {
    const loaded = await this.desk.start(await this.#load(LOCAL_FILE, { env: {} }));
    this.applied.push(loaded);
    return loaded;
  }

  /** As the daemon does it: one after the other. */
  reload(): void {
    this.reloads = this.reloads.then(() =>
      this.desk
        .settle(async (loaded) => {
          const error = this.refuse(loaded);
          if (error !== undefined) throw error;
          this.applied.push(loaded);
        })
        .catch((error) => this.failures.push(error)),
    );
  }

  /** Publishes, and waits until a report fits. */
  async publish(
    topic: string,
    content: object | string,
    fits: (report: DesiredReport) => boolean,
  ): Promise<void> {
    this.hears.get(topic)?.(typeof content === 'string' ? Buffer.from(content) : payload(content));
    this.clock.advance(200);
    await this.until(() => fits(this.report));
  }

  async until(fits: () => boolean): Promise<void> {
    await until(fits);
    await this.reloads;
  }

  #load(path: string, options: LoadOptions): Promise<LoadedConfig> {
    return loadConfig(path, {
      ...options,
      env: { PW: 'hunter22' },
      readFile: memoryFiles({ [LOCAL_FILE]: this.file }),
    });
  }
}

const debug = { log: { level: 'debug' } };

t.test('a document is applied, reported and kept; a restart begins with it', async (t) => {
  const rig = new Rig(t);
  t.equal((await rig.start()).config.log.level, 'info');
  t.strictSame([...rig.hears.keys()], [FLEET, DEVICE]);
  t.match(rig.report, { documents: { fleet: { state: 'absent' } }, inForce: { fleet: undefined } });
  await rig.publish(FLEET, { version: 1, config: debug }, ({ inForce }) => inForce.fleet === 1);
  t.equal(rig.level, 'debug');
  t.match(rig.report.documents.fleet, { state: 'in_force', version: 1 });
  const count = rig.reports.length;
  rig.desk.tell();
  t.equal(rig.reports.length, count, 'nothing new, nothing said');
  await rig.desk.close();
  t.strictSame(rig.ended, [FLEET, DEVICE]);

  const again = new Rig(t, rig.file, rig.folder);
  t.equal((await again.start()).config.log.level, 'debug');
  t.match(again.report, { inForce: { fleet: 1 }, models: { people: { wanted: '/srv/people' } } });
});

t.test('a document that cannot be applied is refused, and what was in force stays', async (t) => {
  const rig = new Rig(t);
  await rig.start();
  await rig.publish(FLEET, { version: 1, config: debug }, ({ inForce }) => inForce.fleet === 1);
  rig.refuse = ({ config }) =>
    config.log.level === 'trace'
      ? new DetectdError('MODEL_LOAD', 'No model at rtsp://u:hunter22@h.')
      : undefined;
  const refused = ({ documents }: DesiredReport) => documents.fleet.error !== undefined;
  await rig.publish(FLEET, { version: 2, config: { log: { level: 'trace' } } }, refused);
  t.match(rig.report, {
    documents: {
      fleet: { state: 'refused', version: 2, error: { code: 'DESIRED_INVALID', message: /MODEL_LOAD/ } },
    },
    inForce: { fleet: 1 },
  });
  t.equal(rig.level, 'debug');
  t.notMatch(JSON.stringify([rig.reports, rig.lines]), /hunter22/);

  rig.refuse = () => undefined;
  rig.reload();
  await rig.until(() => rig.report.inForce.fleet === 2);
  t.equal(rig.level, 'trace', 'tried again with the next reload of the file');
});

t.test('of two new documents the one that fits is taken', async (t) => {
  const rig = new Rig(t);
  await rig.start();
  rig.hears.get(FLEET)?.(payload({ version: 1, config: { cameras: { gate: { fps: 'x' } } } }));
  await rig.publish(DEVICE, { version: 1, config: debug }, ({ inForce }) => inForce.device === 1);
  t.match(rig.report.documents, {
    fleet: { state: 'refused', error: { message: /"cameras\.gate\.fps" must be a number/ } },
    device: { state: 'in_force', error: undefined },
  });
  t.equal(rig.level, 'debug');
});

t.test('a fault of the local file is its own: nothing changes, and the document waits for it', async (t) => {
  const rig = new Rig(t);
  await rig.start();
  const good = rig.file;
  rig.file = good.replace('threshold: 0.6', 'threshold: 6');
  await rig.publish(
    FLEET,
    { version: 1, config: debug },
    ({ documents }) => documents.fleet.error !== undefined,
  );
  t.match(rig.failures, [{ code: 'CONFIG_INVALID' }]);
  t.match(rig.report.documents.fleet.error, { code: 'DESIRED_INVALID', message: /local file has a problem/ });
  rig.file = good;
  rig.reload();
  await rig.until(() => rig.report.inForce.fleet === 1);
  t.equal(rig.level, 'debug');
});

t.test('a roll-out begins at its time, also where the clock jumps', async (t) => {
  const rig = new Rig(t);
  await rig.start();
  const rollout = { not_before: '2026-11-23T03:00:00Z' };
  await rig.publish(
    FLEET,
    { version: 1, config: debug, rollout },
    ({ documents }) => documents.fleet.state === 'waiting',
  );
  t.match(rig.report.documents.fleet.rollout, {
    in: false,
    waiting: /not to be taken before 2026-11-23T03:00/,
  });
  await rig.clock.advanceAsync(60_000);
  t.equal(rig.level, 'info');
  rig.clock.jumpWall(4 * 3_600_000);
  await rig.clock.advanceAsync(60_000);
  await rig.until(() => rig.report.inForce.fleet === 1);
  t.equal(rig.level, 'debug');
});

t.test('the document of the device may say otherwise to all of the fleet', async (t) => {
  const rig = new Rig(t);
  await rig.start();
  await rig.publish(FLEET, { version: 4, config: debug }, ({ inForce }) => inForce.fleet === 4);
  await rig.publish(
    DEVICE,
    { version: 1, config: { log: { level: 'trace' } } },
    ({ inForce }) => inForce.device === 1,
  );
  t.match(rig.report.documents, { fleet: { state: 'superseded' }, device: { state: 'in_force' } });
});

t.test('no longer following documents forgets them; another name is another device', async (t) => {
  const rig = new Rig(t);
  await rig.start();
  await rig.publish(DEVICE, { version: 1, config: debug }, ({ inForce }) => inForce.device === 1);
  rig.file = rig.file.replace('dock-3', 'dock-4');
  rig.reload();
  await rig.until(() => rig.report.inForce.device === undefined);
  t.equal(rig.level, 'info');
  t.ok(rig.hears.has('detectd/dock-4/config/desired'));
  await rig.publish(FLEET, { version: 1, config: debug }, ({ inForce }) => inForce.fleet === 1);
  rig.file = rig.file.replace('desired: true', 'desired: false');
  rig.reload();
  await rig.until(() => rig.reports.at(-1) === undefined);
  await rig.desk.close();
  t.equal(rig.level, 'info');
  t.strictSame([...rig.hears.keys()], []);
  t.strictSame(readdirSync(join(rig.folder, 'desired')), []);
});

t.test(
  'what ended the process again and again is not tried by the next start, nor the one after',
  async (t) => {
    const folder = t.testdir();
    const offered = JSON.stringify({ version: 2, config: debug });
    const kept = { device: 'dock-3', taken: undefined, offered, tries: 3 };
    await new DesiredStore(join(folder, 'desired')).save('fleet', kept);
    for (const start of [1, 2]) {
      const rig = new Rig(t, localFile(), folder);
      t.equal((await rig.start()).config.log.level, 'info', `start ${start}`);
      t.match(rig.report.documents.fleet, { state: 'refused', error: { code: 'UPDATE_INTERRUPTED' } });
      await rig.desk.close();
    }
  },
);

t.test('of a flood of messages the last one counts', async (t) => {
  const rig = new Rig(t);
  await rig.start();
  for (let version = 1; version < 500; version += 1)
    rig.hears.get(FLEET)?.(payload({ version, config: debug }));
  t.equal(rig.clock.pending, 1);
  await rig.publish(FLEET, { version: 500, config: debug }, ({ inForce }) => inForce.fleet === 500);
  t.equal(rig.applied.length, 2, 'the start, and the last one');
});

t.test(
  'what commands have switched lies over the file at the start, whether or not documents are followed',
  async (t) => {
    for (const remote of ['desired: true', 'desired: false']) {
      const over = (below: Overlay | undefined) => withSwitches(new Map([['gate', false]]), below);
      const rig = new Rig(t, localFile(`${remote}, commands: [camera]`), undefined, { any: true, over });
      const loaded = await rig.start();
      t.equal(loaded.config.cameras['gate']?.enabled, false, remote);
      await rig.desk.close();
    }
  },
);
