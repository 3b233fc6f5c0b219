/**
 * A network of its own for a broker: a namespace with two cables, one for the device, which is pulled out and made slow, one
 * for the subscriber. Needs root.
 */
import { spawnSync } from 'node:child_process';

/** Documentation addresses of RFC 5737, which nobody uses. */
const NEAR = { device: '198.51.100.1', subscriber: '203.0.113.1' };
export const FAR = { device: '198.51.100.2', subscriber: '203.0.113.2' };

/** Why there can be none here; false when there can. */
export function noNetwork() {
  if (process.getuid() !== 0) return 'needs root';
  const name = `detectd-probe-${process.pid}`;
  const made = spawnSync('ip', ['netns', 'add', name]);
  if (made.error !== undefined) return 'ip (iproute2) is not installed';
  if (made.status !== 0) return `no network namespaces: ${made.stderr.toString().trim()}`;
  spawnSync('ip', ['netns', 'del', name]);
  return false;
}

export class Network {
  #name = `detectd-proof-${process.pid}`;
  #cables = new Map();

  /** What runs a program inside. */
  get prefix() {
    return ['ip', 'netns', 'exec', this.#name];
  }

  start() {
    act('ip', 'netns', 'add', this.#name);
    this.#inside('ip', 'link', 'set', 'lo', 'up');
    for (const [index, end] of Object.keys(FAR).entries()) {
      const [near, far] = [`dp${process.pid}n${index}`, `dp${process.pid}f${index}`];
      act('ip', 'link', 'add', near, 'type', 'veth', 'peer', 'name', far, 'netns', this.#name);
      act('ip', 'addr', 'add', `${NEAR[end]}/30`, 'dev', near);
      act('ip', 'link', 'set', near, 'up');
      this.#inside('ip', 'addr', 'add', `${FAR[end]}/30`, 'dev', far);
      this.#inside('ip', 'link', 'set', far, 'up');
      this.#cables.set(end, { near, far });
    }
  }

  /** The device's cable: nothing is said to either end, packets are gone. */
  pull() {
    this.#inside('ip', 'link', 'set', this.#cables.get('device').far, 'down');
  }

  plug() {
    this.#inside('ip', 'link', 'set', this.#cables.get('device').far, 'up');
  }

  /** Both directions of the device's cable; packets wait two seconds at most. */
  slow(rate) {
    const { near, far } = this.#cables.get('device');
    const shape = ['root', 'tbf', 'rate', rate, 'burst', '4kb', 'latency', '2s'];
    act('tc', 'qdisc', 'add', 'dev', near, ...shape);
    this.#inside('tc', 'qdisc', 'add', 'dev', far, ...shape);
  }

  fast() {
    const { near, far } = this.#cables.get('device');
    act('tc', 'qdisc', 'del', 'dev', near, 'root');
    this.#inside('tc', 'qdisc', 'del', 'dev', far, 'root');
  }

  end() {
    for (const { near } of this.#cables.values()) spawnSync('ip', ['link', 'del', near]);
    spawnSync('ip', ['netns', 'del', this.#name]);
  }

  #inside(...command) {
    act(...this.prefix, ...command);
  }
}

function act(program, ...args) {
  const { status, error, stderr } = spawnSync(program, args);
  if (error !== undefined || status !== 0)
    throw new Error(`${program} ${args.join(' ')}: ${error?.message ?? stderr.toString().trim()}`);
}
