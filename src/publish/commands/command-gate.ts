/**
 * Where commands come in: hears what is published on the topics of commands, lets through what is authorised, of the right
 * form and not too often, has it carried out, and answers. What is no command costs a look at its size and no more.
 */
import type { Clock } from '../../base/clock.js';
import { DetectdError, type ErrorData } from '../../base/errors.js';
import type { Logger } from '../../base/logger.js';
import { printable } from '../../base/printable.js';
import { RepeatedFault } from '../../base/repeated-fault.js';
import { maskSecrets } from '../../config/secrets.js';
import type { Command, CommandAnswer, CommandName } from '../../core/command.js';
import type { DeviceEvent } from '../../core/device-event.js';
import type { PacketFacts } from '../broker-connection.js';
import { CommandBudget } from './command-budget.js';
import { commandReplyPayload } from './command-reply.js';
import { idOf, isCommand, readCommand } from './command-request.js';
import { RecentCommands } from './recent-commands.js';
import { type ReplyPlaces, type ReplyRoute, replyRoute } from './reply-route.js';

export interface CommandGateOptions {
  clock: Clock;
  log: Logger;
  bootId: string;
  /** Hears a filter; its last level may be `+`. */
  listen: (filter: string, hear: (payload: Buffer, packet: PacketFacts, topic: string) => void) => () => void;
  /** Publishes an answer, if that can be now. */
  answer: (topic: string, payload: object, correlation: Buffer | undefined) => void;
  tell: (event: DeviceEvent) => void;
  /** Resolves to what came of it; rejects with why nothing did. */
  act: (command: Command) => Promise<Record<string, unknown>>;
  /** Of JSON, or of another form that a payload may have; throws. */
  decode: (payload: Buffer) => unknown;
  /** Never to be told. */
  secrets: () => readonly string[];
}

export interface CommandSettings extends ReplyPlaces {
  device: string;
  /** Nothing is listened to while there are none. */
  allowed: readonly CommandName[];
  perMinute: number;
}

interface Asked {
  name: string;
  id: string | undefined;
  route: ReplyRoute;
  /** Of `camera` and `snapshot`. */
  camera?: string | undefined;
}

/** At a time; most take milliseconds. */
const MOST_RUNNING = 8;
/** Who floods is told so this often. */
const TOO_OFTEN_US = 1_000_000;
const MOST_ANSWER_BYTES = 65_536;
/** Asking these again does no harm: they are carried out however often they come. */
const HARMLESS: ReadonlySet<string> = new Set<CommandName>(['ping', 'engines']);

export class CommandGate {
  readonly #options: CommandGateOptions;
  readonly #log: Logger;
  readonly #faults: RepeatedFault;
  readonly #budget: CommandBudget;
  readonly #recent: RecentCommands;
  readonly #running = new Set<Asked>();
  #settings: CommandSettings | undefined;
  #listening: { filter: string; end: () => void } | undefined;
  #toldTooOftenUs = Number.NEGATIVE_INFINITY;
  #closed = false;

  constructor(options: CommandGateOptions) {
    this.#options = options;
    const { clock, log } = options;
    this.#log = log.child({ component: 'commands' });
    this.#budget = new CommandBudget(clock);
    this.#recent = new RecentCommands(clock);
    this.#faults = new RepeatedFault({
      clock,
      report: (fault, detail, count) => this.#log.warn({ ...(detail as object), count }, fault),
    });
  }

  /** What holds from now on; what is being carried out goes on. */
  configure(settings: CommandSettings): void {
    if (this.#closed) return;
    this.#settings = settings;
    this.#budget.configure(settings.perMinute);
    const filter = settings.allowed.length === 0 ? undefined : `${settings.root}/cmd/+`;
    if (filter === this.#listening?.filter) return;
    this.#listening?.end();
    this.#listening =
      filter === undefined
        ? undefined
        : { filter, end: this.#options.listen(filter, (...heard) => this.#hear(...heard)) };
  }

  /** Hears nothing any more; whoever waits for an answer is told that none will come. */
  close(): void {
    this.#listening?.end();
    this.#listening = undefined;
    for (const asked of this.#running) this.#reply(asked, refused(stopping()));
    this.#closed = true;
  }

  #hear(payload: Buffer, packet: PacketFacts, topic: string): void {
    const settings = this.#settings;
    if (settings === undefined || this.#closed) return;
    const name = topic.slice(topic.lastIndexOf('/') + 1);
    if (packet.retained) {
      const clear = `remove it with: mosquitto_pub -r -n -t '${printable(topic.slice(0, 200))}'`;
      this.#faults.note('a retained command is never obeyed', { hint: clear });
      return;
    }
    if (!this.#budget.take()) {
      this.#tooOften(name, packet, settings);
      return;
    }
    const route = replyRoute(name, packet.properties, settings);
    const asked: Asked = { name, id: undefined, route };
    try {
      const command = this.#admit(asked, payload, settings);
      const key = keyOf(asked);
      const before = key === undefined ? 'new' : this.#recent.note(key);
      if (before === 'new') void this.#carryOut(command, asked, key);
      else if (before !== 'running') this.#reply(asked, before);
    } catch (thrown) {
      asked.id ??= idOf(payload, this.#options.decode);
      this.#refuse(asked, DetectdError.from(thrown));
    }
  }

  /** Throws why the command must not be obeyed. */
  #admit(asked: Asked, payload: Buffer, { allowed }: CommandSettings): Command {
    const { name, route } = asked;
    if (route.error !== undefined) throw route.error;
    if (!isCommand(name)) throw unknown(name, allowed);
    if (!allowed.includes(name)) throw forbidden(name);
    const { command, id } = readCommand(name, payload, this.#options.decode);
    asked.id = id;
    if ('camera' in command) asked.camera = command.camera;
    if (this.#running.size >= MOST_RUNNING) throw tooMany();
    return command;
  }

  async #carryOut(command: Command, asked: Asked, key: string | undefined): Promise<void> {
    const { clock, act } = this.#options;
    const sinceUs = clock.monotonicUs();
    this.#running.add(asked);
    let answer: CommandAnswer;
    try {
      answer = bounded({ ok: true, result: await act(command) });
    } catch (thrown) {
      answer = refused(this.#masked(DetectdError.from(thrown, 'COMMAND_FAILED')));
    }
    this.#running.delete(asked);
    if (key !== undefined) this.#recent.answered(key, answer);
    if (this.#closed) return;
    this.#reply(asked, answer);
    this.#tell(asked, answer, Math.round((clock.monotonicUs() - sinceUs) / 1000));
  }

  #refuse(asked: Asked, thrown: DetectdError): void {
    const answer = refused(this.#masked(thrown));
    this.#reply(asked, answer);
    this.#tell(asked, answer);
  }

  #tooOften(name: string, packet: PacketFacts, settings: CommandSettings): void {
    this.#faults.note('more commands come than remote.commands_per_minute allows; they are refused');
    const now = this.#options.clock.monotonicUs();
    if (now - this.#toldTooOftenUs < TOO_OFTEN_US) return;
    this.#toldTooOftenUs = now;
    const route = replyRoute(name, packet.properties, settings);
    this.#reply({ name, id: undefined, route }, refused(tooOften(settings.perMinute).toData()));
  }

  #reply({ name, id, route }: Asked, answer: CommandAnswer): void {
    const settings = this.#settings;
    if (route.topic === undefined || settings === undefined) return;
    const { bootId, clock } = this.#options;
    const common = { device: settings.device, bootId, nowWallMs: clock.wallMs() };
    const payload = commandReplyPayload({ ...common, command: printable(name.slice(0, 64)), id, answer });
    this.#options.answer(route.topic, payload, route.correlation);
  }

  #tell({ name, camera, route }: Asked, answer: CommandAnswer, ms?: number): void {
    const command = printable(name.slice(0, 64));
    const of = camera === undefined ? '' : ` for camera "${printable(camera)}"`;
    const fields = {
      command,
      ok: answer.ok,
      ...(route.topic === undefined ? {} : { reply_to: printable(route.topic.slice(0, 200)) }),
      ...(ms === undefined ? {} : { ms }),
    };
    if (answer.ok) {
      const message = `the command "${command}"${of} was obeyed`;
      this.#log[HARMLESS.has(name) ? 'debug' : 'info'](fields, message);
      this.#options.tell({ type: 'command', severity: 'info', message, camera, fields });
      return;
    }
    const { code, hint, message: why } = answer.error;
    const message = `the command "${command}"${of} was not obeyed: ${why}`;
    this.#faults.note(message, { code, hint });
    this.#options.tell({ type: 'command', severity: 'warning', message, code, camera, fields });
  }

  #masked(error: DetectdError): ErrorData {
    const secrets = this.#options.secrets();
    const { code, message, hint } = error;
    const masked = { code, message: maskSecrets(message, secrets) };
    return hint === undefined ? masked : { ...masked, hint: maskSecrets(hint, secrets) };
  }
}

/** Undefined where it may be carried out each time, or where nothing tells one from another. */
function keyOf({ name, id, route }: Asked): string | undefined {
  const { correlation, topic } = route;
  if (HARMLESS.has(name) || (correlation === undefined && id === undefined)) return undefined;
  return JSON.stringify([name, topic, correlation?.toString('base64'), id]);
}

function bounded(answer: CommandAnswer): CommandAnswer {
  if (Buffer.byteLength(JSON.stringify(answer)) <= MOST_ANSWER_BYTES) return answer;
  const error = new DetectdError('COMMAND_FAILED', `The answer is larger than ${MOST_ANSWER_BYTES} bytes.`);
  return refused(error.toData());
}

function refused(error: ErrorData): CommandAnswer {
  return { ok: false, error };
}

function unknown(name: string, allowed: readonly CommandName[]): DetectdError {
  return new DetectdError(
    'COMMAND_UNKNOWN',
    `There is no command "${printable(name.slice(0, 64))}".`,
    `This device obeys ${allowed.join(', ')}.`,
  );
}

function forbidden(name: CommandName): DetectdError {
  return new DetectdError(
    'COMMAND_FORBIDDEN',
    `This device does not obey the command "${name}".`,
    'List it in remote.commands of its configuration.',
  );
}

function tooOften(perMinute: number): DetectdError {
  return new DetectdError(
    'COMMAND_TOO_OFTEN',
    `More than ${perMinute} commands a minute came.`,
    'Send fewer, or raise remote.commands_per_minute.',
  );
}

function tooMany(): DetectdError {
  return new DetectdError(
    'COMMAND_TOO_OFTEN',
    `${MOST_RUNNING} commands are being carried out already.`,
    'Wait for their answers.',
  );
}

function stopping(): ErrorData {
  return new DetectdError('COMMAND_FAILED', 'The device is stopping.', 'Ask again when it is back.').toData();
}
