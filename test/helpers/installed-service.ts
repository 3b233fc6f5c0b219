/** detectd as scripts/install puts it into a container with a systemd of its own, and what one asks of it. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { REPOSITORY } from './stand-in-checkout.js';
import { runProgram, SystemdContainer } from './systemd-container.js';

export const START_DEADLINE_MS = 90_000;
const INSTALL_DEADLINE_MS = 120_000;

/** One line of the log, with what the journal adds. */
export interface LogLine {
  /** Of syslog. */
  priority: number;
  /** Microseconds since the machine started, when the journal got it. */
  monotonicUs: number;
  /** The same, when it was written, as the log itself says to the millisecond. */
  writtenUs: number | undefined;
  text: string;
  /** The text, when it is an object of the log. */
  object: { level: number; time: string; msg: string; component?: string } | undefined;
}

export class InstalledService {
  readonly container = new SystemdContainer();

  /** Installs the repository with `configuration`; bind and add files before boot(). */
  async prepare(configuration: string, ...args: string[]): Promise<void> {
    await this.container.prepare();
    await mkdir(this.at('etc/detectd'));
    await this.configure(configuration);
    const installed = await runProgram(
      join(REPOSITORY, 'scripts/install'),
      ['--root', this.container.root, ...args],
      INSTALL_DEADLINE_MS,
    );
    if (installed.status !== 0) throw new Error(`scripts/install: ${installed.stderr}`);
  }

  /** A path inside, as it is called from here. */
  at(path: string): string {
    return join(this.container.root, path);
  }

  configure(text: string): Promise<void> {
    return writeFile(this.at('etc/detectd/detectd.yaml'), text);
  }

  /** Writes a drop-in of a unit, and has systemd read it; undefined removes it. */
  async dropIn(unit: string, text: string | undefined, name = 'test.conf'): Promise<void> {
    const folder = `/etc/systemd/system/${unit}.d`;
    if (text === undefined) await this.container.must(['rm', `${folder}/${name}`]);
    else {
      await mkdir(this.at(folder), { recursive: true });
      await writeFile(this.at(`${folder}/${name}`), text);
    }
    await this.container.must(['systemctl', 'daemon-reload']);
  }

  async property(name: string): Promise<string> {
    return (await this.container.show('detectd', name))[name] ?? '';
  }

  /** The journal of a unit, oldest first. */
  async journal(unit = 'detectd', ...args: string[]): Promise<LogLine[]> {
    const text = await this.container.must(['journalctl', '-u', unit, '-o', 'json', '--no-pager', ...args]);
    return text.split('\n').filter(Boolean).map(logLine);
  }

  /** Waits until a line of the journal from `sinceUs` on fits, and returns it. */
  async said(pattern: RegExp, sinceUs = 0, unit = 'detectd'): Promise<LogLine> {
    let found: LogLine | undefined;
    await this.container.until(`${pattern} in the journal`, START_DEADLINE_MS, async () => {
      const lines = await this.journal(unit);
      found = lines.find(({ monotonicUs, text }) => monotonicUs > sinceUs && pattern.test(text));
      return found !== undefined;
    });
    if (found === undefined) throw new Error('unreachable');
    return found;
  }

  /** Now, in microseconds since the machine started. */
  async nowUs(): Promise<number> {
    const uptime = await this.container.must(['cat', '/proc/uptime']);
    return Math.round(Number(uptime.split(' ')[0]) * 1e6);
  }

  /** Every process of the service, the supervising one first. */
  async processes(): Promise<string[]> {
    const main = await this.property('MainPID');
    const children = await this.container.run(['cat', `/proc/${main}/task/${main}/children`]);
    const pids = children.stdout.trim().split(/\s+/).filter(Boolean);
    const ours = await Promise.all(pids.map((pid) => this.#isNode(pid)));
    return [main, ...pids.filter((_pid, i) => ours[i])];
  }

  /** Programs that are asked something are gone at any moment. */
  async #isNode(pid: string): Promise<boolean> {
    return (await this.container.run(['cat', `/proc/${pid}/cmdline`])).stdout.includes('main.js');
  }

  /** The process that analyses frames. */
  async worker(): Promise<string> {
    const [, ...children] = await this.processes();
    for (const pid of children) {
      const command = await this.container.run(['cat', `/proc/${pid}/cmdline`]);
      if (command.stdout.includes('worker/main.js')) return pid;
    }
    return '';
  }

  async exists(pid: string): Promise<boolean> {
    return (await this.container.run(['test', '-e', `/proc/${pid}`])).status === 0;
  }

  async signal(signal: string, pid: string): Promise<void> {
    await this.container.must(['/bin/kill', `-${signal}`, pid]);
  }

  /** Waits until the service is active and a model of a worker is ready after `sinceUs`. */
  async running(sinceUs: number): Promise<void> {
    await this.said(/model \\?"shapes\\?" ready/, sinceUs);
    await this.container.until('active', START_DEADLINE_MS, async () => {
      return (await this.property('ActiveState')) === 'active';
    });
  }
}

function logLine(line: string): LogLine {
  const entry = JSON.parse(line) as Record<string, string | number[]>;
  const message = entry['MESSAGE'];
  const text = Array.isArray(message) ? Buffer.from(message).toString() : (message ?? '');
  const object: LogLine['object'] = text.startsWith('{') ? JSON.parse(text) : undefined;
  const monotonicUs = Number(entry['__MONOTONIC_TIMESTAMP']);
  const startedUs = Number(entry['__REALTIME_TIMESTAMP']) - monotonicUs;
  const writtenUs = object === undefined ? undefined : Date.parse(object.time) * 1000 - startedUs;
  return { priority: Number(entry['PRIORITY']), monotonicUs, writtenUs, text, object };
}
