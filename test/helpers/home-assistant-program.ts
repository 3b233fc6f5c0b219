/** A real Home Assistant on a test's broker, where a Python with it is named; it ends with the test. */
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Test } from 'tap';
import { freePort } from './mosquitto.js';

const PYTHON = process.env['DETECTD_HOMEASSISTANT'];

/** Why it cannot be tried here; false when it can. */
export const noHomeAssistant: string | false = missing();

function missing(): string | false {
  if (PYTHON === undefined)
    return 'DETECTD_HOMEASSISTANT does not name a Python with homeassistant and paho-mqtt';
  const { status } = spawnSync(PYTHON, ['-c', 'import homeassistant, paho.mqtt']);
  return status === 0 ? false : `${PYTHON} has no homeassistant or no paho-mqtt`;
}

export interface Entity {
  entity_id: string;
  category: string | null;
  state: string | null;
  attributes: Record<string, unknown>;
}

export interface Seen {
  devices: { name: string; model: string | null; sw_version: string }[];
  /** By unique_id. */
  entities: Record<string, Entity>;
}

const DEADLINE_MS = 60_000;

export class HomeAssistantProgram {
  version = '';
  /** Warnings and errors that it logged about MQTT. */
  readonly complaints: string[] = [];
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #answers: AsyncIterator<string>;

  constructor(child: ChildProcessWithoutNullStreams) {
    this.#child = child;
    this.#answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    createInterface({ input: child.stderr }).on('line', (line) => {
      if (/^(WARNING|ERROR):homeassistant\.(components\.mqtt|helpers\.template|util)/.test(line))
        this.complaints.push(line);
    });
  }

  /** Waits until it is up. */
  async start(): Promise<void> {
    this.version = ((await this.#answer()) as { version: string }).version;
  }

  states(): Promise<Seen> {
    return this.#ask({ do: 'states' });
  }

  call(domain: string, service: string, entity_id: string): Promise<Seen> {
    return this.#ask({ do: 'call', domain, service, data: { entity_id } });
  }

  /** What it has seen once that fits. */
  async until(fits: (seen: Seen) => boolean): Promise<Seen> {
    const deadline = Date.now() + DEADLINE_MS;
    for (;;) {
      const seen = await this.states();
      if (fits(seen)) return seen;
      if (Date.now() > deadline) throw new Error(`Home Assistant has not seen it: ${JSON.stringify(seen)}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  async #ask(request: object): Promise<Seen> {
    this.#child.stdin.write(`${JSON.stringify(request)}\n`);
    const answer = (await this.#answer()) as Seen & { error?: string };
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer;
  }

  async #answer(): Promise<unknown> {
    const { value, done } = await this.#answers.next();
    if (done === true) throw new Error('Home Assistant has ended');
    return JSON.parse(value);
  }
}

export async function homeAssistantProgram(t: Test, brokerPort: number): Promise<HomeAssistantProgram> {
  const folder = mkdtempSync(join(tmpdir(), 'detectd-home-assistant-'));
  const script = join(import.meta.dirname, '../fixtures/home-assistant/home-assistant.py');
  const child = spawn(PYTHON as string, [script, folder, String(brokerPort), String(await freePort())]);
  t.teardown(async () => {
    const exited = new Promise((resolve) => child.once('exit', resolve));
    if (child.exitCode === null) {
      child.kill('SIGKILL');
      await exited;
    }
    rmSync(folder, { recursive: true, force: true });
  });
  const program = new HomeAssistantProgram(child);
  await program.start();
  return program;
}
