/**
 * A network of its own for each camera: a namespace with one cable to this machine, which is pulled out, made to swallow
 * everything or to lose a share of it. Needs root.
 */
import { spawnSync } from 'node:child_process';

/** What `tc` needs to lose packets by lot where the kernel lacks netem: a program for its socket filter. */
const LOSING_CLASS = 0x1_0002;
const RANDOM_WORD = 0xffff_f038;

/** Why there can be none here; false when there can. */
export function noCameraNetwork() {
  if (process.getuid() !== 0) return 'needs root for network namespaces';
  const name = `detectd-probe-${process.pid}`;
  const made = spawnSync('ip', ['netns', 'add', name]);
  if (made.error !== undefined) return 'ip (iproute2) is not installed';
  if (made.status !== 0) return `no network namespaces: ${made.stderr.toString().trim()}`;
  const shaped = spawnSync('ip', [
    'netns',
    'exec',
    name,
    'tc',
    'qdisc',
    'replace',
    'dev',
    'lo',
    'root',
    'blackhole',
  ]);
  spawnSync('ip', ['netns', 'del', name]);
  return shaped.status === 0 ? false : `tc cannot be used: ${shaped.stderr.toString().trim()}`;
}

export class CameraNetwork {
  #name;
  #near;
  #far;
  #slot;
  #losing = false;

  /** `index`: of the camera among those of this process. */
  constructor(index) {
    this.#name = `detectd-camera-${process.pid}-${index}`;
    this.#near = `dc${process.pid}n${index}`;
    this.#far = `dc${process.pid}f${index}`;
    // Addresses for trials of networks (RFC 2544), others in each process, so that two can run side by side.
    this.#slot = `198.18.${process.pid % 256}.${index * 4}`;
  }

  /** The camera's, as this machine sees it. */
  get address() {
    return this.#at(2);
  }

  /** What runs a program inside. */
  get prefix() {
    return ['ip', 'netns', 'exec', this.#name];
  }

  start() {
    act('ip', 'netns', 'add', this.#name);
    this.#inside('ip', 'link', 'set', 'lo', 'up');
    act('ip', 'link', 'add', this.#near, 'type', 'veth', 'peer', 'name', this.#far, 'netns', this.#name);
    act('ip', 'addr', 'add', `${this.#at(1)}/30`, 'dev', this.#near);
    act('ip', 'link', 'set', this.#near, 'up');
    this.#inside('ip', 'addr', 'add', `${this.address}/30`, 'dev', this.#far);
    this.#inside('ip', 'link', 'set', this.#far, 'up');
  }

  /** Nobody says where the camera is any more (ARP). */
  pull() {
    this.#inside('ip', 'link', 'set', this.#far, 'down');
  }

  plug() {
    this.#inside('ip', 'link', 'set', this.#far, 'up');
  }

  /** Whatever is sent is gone, in both directions; as behind a router, the way itself seems good. */
  swallow() {
    const entry = this.#inside('cat', `/sys/class/net/${this.#far}/address`).trim();
    act('ip', 'neigh', 'replace', this.address, 'lladdr', entry, 'nud', 'permanent', 'dev', this.#near);
    act('tc', 'qdisc', 'replace', 'dev', this.#near, 'root', 'blackhole');
    this.#inside('tc', 'qdisc', 'replace', 'dev', this.#far, 'root', 'blackhole');
  }

  /** This share of what the camera sends is lost, by lot; how that was done, in words. */
  lose(share) {
    this.#losing = true;
    const percent = `${Math.round(share * 100)}%`;
    const netem = ['qdisc', 'add', 'dev', this.#far, 'root', 'netem', 'loss', percent];
    if (spawnSync(this.prefix[0], [...this.prefix.slice(1), 'tc', ...netem]).status === 0) return 'tc netem';
    const tc = (...words) => this.#inside('tc', ...words);
    const dev = ['dev', this.#far];
    tc('qdisc', 'add', ...dev, 'root', 'handle', '1:', 'htb', 'default', '1');
    for (const minor of ['1', '2'])
      tc(
        'class',
        'add',
        ...dev,
        'parent',
        '1:',
        'classid',
        `1:${minor}`,
        'htb',
        'rate',
        '1gbit',
        'quantum',
        '60000',
      );
    tc('qdisc', 'add', ...dev, 'parent', '1:2', 'pfifo', 'limit', '0');
    const below = Math.round((1 - share) * 2 ** 32);
    const program = [
      [32, 0, 0, RANDOM_WORD],
      [53, 0, 1, below],
      [6, 0, 0, LOSING_CLASS],
      [6, 0, 0, 0],
    ];
    const bytecode = [program.length, ...program.map((line) => line.join(' '))].join(',');
    tc('filter', 'add', ...dev, 'parent', '1:', 'protocol', 'all', 'bpf', 'bytecode', bytecode);
    return 'tc bpf';
  }

  /** The end of swallow() and lose(). */
  carry() {
    if (this.#losing) this.#inside('tc', 'qdisc', 'del', 'dev', this.#far, 'root');
    else {
      this.#inside('tc', 'qdisc', 'replace', 'dev', this.#far, 'root', 'noqueue');
      act('tc', 'qdisc', 'replace', 'dev', this.#near, 'root', 'noqueue');
      act('ip', 'neigh', 'del', this.address, 'dev', this.#near);
    }
    this.#losing = false;
  }

  end() {
    spawnSync('ip', ['link', 'del', this.#near]);
    spawnSync('ip', ['netns', 'del', this.#name]);
  }

  #at(host) {
    const parts = this.#slot.split('.');
    return [...parts.slice(0, 3), Number(parts[3]) + host].join('.');
  }

  #inside(...command) {
    return act(...this.prefix, ...command);
  }
}

function act(program, ...args) {
  const { status, error, stdout, stderr } = spawnSync(program, args);
  if (error === undefined && status === 0) return stdout.toString();
  throw new Error(`${program} ${args.join(' ')}: ${error?.message ?? stderr.toString().trim()}`);
}
