/**
 * A machine with a systemd of its own, in a folder: the programs and libraries are this machine's /usr,
 * read-only, everything else is new and empty. It boots in seconds, downloads nothing, has only a
 * loopback network, and is gone after close(). Needs root and systemd-nspawn.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { openSync } from 'node:fs';
import {
  chmod,
  cp,
  lstat,
  mkdir,
  mkdtemp,
  readFile,
  realpath,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Ran {
  status: number | null;
  stdout: string;
  stderr: string;
}

// Waiting for another container to end is part of it.
const BOOT_DEADLINE_MS = 300_000;
// Without units of their own two containers would share one control group: one runs at a time.
const LOCKED = ['--no-fork', '--timeout', '240', '/var/tmp/detectd-container.lock', 'systemd-nspawn'];
const USR_PARTS = ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32', 'libexec', 'share'];
const TOOLS = ['systemd-nspawn', 'nsenter', 'systemctl', 'journalctl', 'systemd-sysusers'];

/** Why no container can be booted on this machine; undefined when it can. */
export async function containerObstacle(): Promise<string | undefined> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'needs root';
  const missing = TOOLS.filter((tool) => spawnSync(tool, ['--version']).status !== 0);
  if (missing.length > 0) return `needs ${missing.join(', ')} (scripts/setup --dev)`;
  if ((await kindOf('/bin')) !== 'link') return 'needs a merged /usr';
  // One process without systemd tells a machine that forbids containers from a systemd that fails to boot.
  const probe = new SystemdContainer();
  try {
    await probe.prepare();
    const ran = await runProgram(
      'flock',
      [...LOCKED, ...probe.arguments(), '/usr/bin/true'],
      BOOT_DEADLINE_MS,
    );
    return ran.status === 0 ? undefined : `no container can be run here: ${lastLine(ran.stderr)}`;
  } finally {
    await probe.close();
  }
}

export class SystemdContainer {
  #root = '';
  #nspawn: ChildProcess | undefined;
  #init = '';
  readonly #binds: string[] = [];

  /** Folder that is `/` inside. */
  get root(): string {
    return this.#root;
  }

  /** Makes the folder; files may be put into it before boot(). */
  async prepare(): Promise<void> {
    this.#root = await mkdtemp('/var/tmp/detectd-container-');
    // It becomes `/`, which every user must be able to enter.
    await chmod(this.#root, 0o755);
    const folders = [
      'dev',
      'etc/systemd/system',
      'home',
      'mnt',
      'opt',
      'proc',
      'root',
      'run',
      'srv',
      'sys',
      'tmp',
    ];
    folders.push('usr/local/bin', 'usr/local/lib', 'usr/local/sbin', 'var/lib', 'var/log/journal', 'var/tmp');
    for (const folder of folders) await mkdir(join(this.#root, folder), { recursive: true });
    for (const part of USR_PARTS) {
      const kind = await kindOf(`/usr/${part}`);
      if (kind === undefined) continue;
      if (kind === 'link')
        await cp(`/usr/${part}`, join(this.#root, 'usr', part), { verbatimSymlinks: true });
      else await mkdir(join(this.#root, 'usr', part));
      if (kind === 'folder') this.bind(`/usr/${part}`);
      if ((await kindOf(`/${part}`)) === 'link') await symlink(`usr/${part}`, join(this.#root, part));
    }
    const node = await realpath(process.execPath);
    if (!this.#binds.some((bind) => node.startsWith(bind.replace(/^--bind-ro=(.*):.*$/, '$1/'))))
      this.bind(node);
    await this.#writeEtc();
  }

  /** Shows a path of this machine inside, read-only. Before boot(). */
  bind(path: string, inside = path): void {
    this.#binds.push(`--bind-ro=${path}:${inside}`);
  }

  /** Arguments of systemd-nspawn for this folder, without what to run. */
  arguments(): string[] {
    const fixed = ['--quiet', '--register=no', '--keep-unit', '--private-network', '--console=pipe'];
    return [...fixed, `--directory=${this.#root}`, ...this.#binds];
  }

  /** Boots; resolves when systemd has started everything. */
  async boot(): Promise<void> {
    const console = openSync(join(this.#root, 'console.log'), 'w');
    const child = spawn('flock', [...LOCKED, ...this.arguments(), '--boot'], {
      stdio: ['ignore', console, console],
      // In the older hierarchy systemd is not told when the last process of a service has ended.
      env: { ...process.env, SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: '1' },
    });
    this.#nspawn = child;
    const failure = new Promise<never>((_resolve, reject) => child.once('error', reject));
    const booted = this.until('systemd to boot', BOOT_DEADLINE_MS, async () => {
      if (child.exitCode !== null) throw new Error(`the container ended: ${await this.#consoleTail()}`);
      this.#init = (await readFile(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8')).trim();
      if (this.#init === '') return false;
      const state = (await this.run(['systemctl', 'is-system-running'])).stdout.trim();
      return state === 'running' || state === 'degraded';
    });
    await Promise.race([booted, failure]);
  }

  /** Runs a program inside. Never throws for its exit status; ends it after `deadlineMs`. */
  run(argv: string[], deadlineMs = 30_000): Promise<Ran> {
    // Its own PATH: the caller's may name folders that are not inside.
    const env = {
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin',
      LC_ALL: 'C.UTF-8',
      SYSTEMD_PAGER: '',
    };
    return runProgram(
      'nsenter',
      // The test runner puts options for its own processes into the environment of every child.
      ['--target', this.#init, '--all', '--root', '--wd', '--', 'env', '-u', 'NODE_OPTIONS', ...argv],
      deadlineMs,
      env,
    );
  }

  /** As run(), but a failure is thrown with what was printed. */
  async must(argv: string[], deadlineMs?: number): Promise<string> {
    const ran = await this.run(argv, deadlineMs);
    if (ran.status !== 0)
      throw new Error(
        `${argv.join(' ')} ended with ${ran.status}: ${ran.stderr}${ran.stdout}\n${await this.#consoleTail()}`,
      );
    return ran.stdout;
  }

  /** Properties of a unit, as `systemctl show` prints them. */
  async show(unit: string, ...names: string[]): Promise<Record<string, string>> {
    const text = await this.must(['systemctl', 'show', unit, ...names.map((name) => `--property=${name}`)]);
    const lines = text.split('\n').filter((line) => line.includes('='));
    return Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    );
  }

  /** Waits until `holds` is true; throws with the unit's journal when the deadline passes. */
  async until(what: string, deadlineMs: number, holds: () => Promise<boolean>): Promise<void> {
    const end = Date.now() + deadlineMs;
    while (!(await holds())) {
      if (Date.now() > end)
        throw new Error(`waited ${deadlineMs} ms for ${what}\n${await this.#consoleTail()}`);
      await sleep(100);
    }
  }

  /** Ends the machine and removes its folder. Safe to call at any time, also twice. */
  async close(): Promise<void> {
    const child = this.#nspawn;
    this.#nspawn = undefined;
    if (child?.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
      // Straight down: an orderly shutdown is not what is tested, and takes its time.
      if (this.#init !== '') await this.run(['systemctl', '--force', '--force', 'poweroff'], 5_000);
      await Promise.race([ended, sleep(3_000, undefined, { ref: false })]);
      // With its first process every other one dies, and the mounts with them; it may outlive nspawn.
      if (this.#init !== '') endProcess(Number(this.#init));
      child.kill('SIGKILL');
      await ended;
    }
    if (this.#root !== '') await rm(this.#root, { recursive: true, force: true, maxRetries: 5 });
  }

  async #writeEtc(): Promise<void> {
    const etc = join(this.#root, 'etc');
    // Libraries chosen by Debian's alternatives (BLAS among them) are found through these.
    for (const name of ['alternatives', 'ld.so.cache', 'ld.so.conf', 'ld.so.conf.d', 'fonts'])
      if ((await kindOf(`/etc/${name}`)) !== undefined)
        await cp(`/etc/${name}`, join(etc, name), { recursive: true, verbatimSymlinks: true });
    const texts: Record<string, string> = {
      'os-release': await readFile('/usr/lib/os-release', 'utf8'),
      'machine-id': `${randomBytes(16).toString('hex')}\n`,
      hostname: 'container\n',
      hosts: '127.0.0.1 localhost container\n',
      passwd: 'root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/nonexistent:/usr/sbin/nologin\n',
      group: 'root:x:0:\nnogroup:x:65534:\n',
      shadow: 'root:*:19000:0:99999:7:::\n',
      'nsswitch.conf': 'passwd: files\ngroup: files\nshadow: files\nhosts: files\n',
    };
    for (const [name, text] of Object.entries(texts)) await writeFile(join(etc, name), text);
    const units = join(etc, 'systemd/system');
    await symlink('/usr/lib/systemd/system/basic.target', join(units, 'default.target'));
    // Nobody logs in, and systemctl reaches systemd without the bus.
    for (const unit of ['dbus.service', 'dbus.socket', 'systemd-logind.service'])
      await symlink('/dev/null', join(units, unit));
  }

  async #consoleTail(): Promise<string> {
    const text = await readFile(join(this.#root, 'console.log'), 'utf8').catch(() => '');
    const journal =
      this.#init === '' ? '' : (await this.run(['journalctl', '-n', '40', '--no-pager'])).stdout;
    return `${text.slice(-2_000)}\n${journal.slice(-6_000)}`;
  }
}

/** Runs a program of this machine; output is kept up to 4 MiB. */
export function runProgram(
  file: string,
  args: string[],
  deadlineMs: number,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: deadlineMs,
      killSignal: 'SIGKILL',
    });
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const)
      child[name].setEncoding('utf8').on('data', (text: string) => {
        if (output[name].length < 4 * 1024 ** 2) output[name] += text;
      });
    child.once('error', reject);
    child.once('close', (status) => resolve({ status, ...output }));
  });
}

async function kindOf(path: string): Promise<'file' | 'folder' | 'link' | undefined> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return undefined;
  if (found.isSymbolicLink()) return (await stat(path).catch(() => undefined)) ? 'link' : undefined;
  return found.isDirectory() ? 'folder' : 'file';
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
