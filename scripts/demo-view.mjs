/**
 * Subscribes to a running detectd and shows what it publishes: a picture in characters on a terminal, one
 * line per second elsewhere. Ends with status 0 after --seconds in which something was detected, 1 when nothing
 * was, 3 when detectd itself failed.
 */
import { parseArgs } from 'node:util';
import { connect } from 'mqtt';
import { screen, summary } from './demo-screen.mjs';

const START_DEADLINE_S = 60;
/** A fault that lasts this long before the first message will not go away by itself. */
const FAULT_DEADLINE_S = 10;
const TICK_MS = 200;
const FAULT = 3;
const options = {
  port: { type: 'string' },
  seconds: { type: 'string' },
  pid: { type: 'string' },
  called: { type: 'string' },
};
const { values } = parseArgs({ options });
const seconds = Number(values.seconds);
const output = process.stdout;
const live = output.isTTY && output.columns >= 80 && output.rows >= 24 && process.env.TERM !== 'dumb';
const colour = live && !process.env.NO_COLOR;
const print = (text) => output.write(`${text}\n`);

const started = Date.now();
const total = { frames: 0, objects: 0, delayMs: 0, drawn: 0, found: 0 };
let firstAt;
let newest;
let second = { frames: 0, delayMs: 0 };
/** The same of the last whole second. */
let rate = second;
let shownFrom;
let line = 0;
let told = 0;
let faultyMs = 0;
let status = { state: 'starting' };
let height = 0;

// The broker inside detectd speaks MQTT 3.1.1.
const client = connect(`mqtt://127.0.0.1:${values.port}`, { reconnectPeriod: 250, protocolVersion: 4 });
client.on('connect', () => client.subscribe(['detectd/demo/status', 'detectd/demo/cameras/+/detections']));
// The broker is part of the daemon, so it is not there yet at first; a fault shows as no messages.
client.on('error', () => undefined);
client.on('message', (topic, payload) => {
  const message = parse(payload);
  if (message === undefined) return;
  if (topic.endsWith('/status')) status = message;
  else take(message);
});

function take(message) {
  const delayMs = Object.values(message.latency_ms).reduce((sum, value) => sum + value, 0);
  newest = message;
  second = { frames: second.frames + 1, delayMs: second.delayMs + delayMs };
  total.frames += 1;
  total.objects += message.objects.length;
  for (const object of message.truth ?? []) {
    total.drawn += 1;
    if (message.objects.some((other) => other.label === object.label && overlap(other, object) >= 0.5))
      total.found += 1;
  }
  if (firstAt !== undefined || message.objects.length === 0) return;
  firstAt = Date.now();
  const since = (ms) => `${((firstAt - ms) / 1000).toFixed(1)} s`;
  print(
    `First detection ${since(started)} after the start of detectd, ${since(Number(values.called) / 1000)} after this command.`,
  );
  // What was shown before stands above that line now.
  height = 0;
}

/** Intersection over union of two boxes. */
function overlap({ bbox_px: a }, { bbox_px: b }) {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const tall = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  if (width <= 0 || tall <= 0) return 0;
  const area = ([x1, y1, x2, y2]) => (x2 - x1) * (y2 - y1);
  return (width * tall) / (area(a) + area(b) - width * tall);
}

const timer = setInterval(() => {
  if (!alive(Number(values.pid))) return end(FAULT, 'detectd ended by itself');
  if (newest === undefined) return wait();
  shownFrom ??= Date.now();
  const shown = (Date.now() - shownFrom) / 1000;
  if (live) show(shown);
  if (shown - line >= 1 && line < seconds) {
    line += 1;
    if (!live) print(`${headline(line)}  ${summary(newest.objects)}`);
    rate = second;
    second = { frames: 0, delayMs: 0 };
  }
  if (line < seconds) return;
  if (total.objects === 0)
    end(1, `nothing was detected in ${total.frames} frames; a lower --threshold shows more`);
  else end(0, result());
}, TICK_MS);

function headline(at) {
  const { frames, delayMs } = live ? rate : second;
  const delay = frames > 0 ? `${(delayMs / frames).toFixed(0)} ms` : '-';
  return `${String(Math.floor(at)).padStart(4)} s  ${String(frames).padStart(4)} frames/s  ${delay.padStart(6)}`;
}

function show(at) {
  const lines = screen(newest, `${headline(at)}${share()}`, colour);
  output.write(`${height > 0 ? `\x1b[${height}A` : ''}${lines.map((text) => `\x1b[2K${text}\n`).join('')}`);
  height = lines.length;
}

/** Before the first message. */
function wait() {
  const waited = (Date.now() - started) / 1000;
  faultyMs = status.state === 'degraded' ? faultyMs + TICK_MS : 0;
  const text = status.reason ? `${status.state}: ${status.reason}` : status.state;
  if (waited >= told) {
    told += 5;
    print(`  … ${text}`);
  }
  if (faultyMs >= FAULT_DEADLINE_S * 1000) end(FAULT, text);
  else if (waited >= START_DEADLINE_S) end(FAULT, `no detections message in ${START_DEADLINE_S} s`);
}

function share() {
  return total.drawn === 0
    ? ''
    : `  found ${Math.round((100 * total.found) / total.drawn)} % of what is drawn`;
}

function result() {
  const drawn =
    total.drawn === 0 ? '' : `, ${Math.round((100 * total.found) / total.drawn)} % of what was drawn`;
  return `${total.frames} frames in ${seconds} s, ${(total.frames / seconds).toFixed(1)} per second, ${total.objects} objects${drawn}`;
}

function end(status, text) {
  clearInterval(timer);
  print(`The demo ${status === 0 ? 'works' : 'failed'}: ${text.replace(/\.$/, '')}.`);
  process.exitCode = status;
  client.end(true);
}

function parse(payload) {
  try {
    return JSON.parse(payload.toString());
  } catch {
    return undefined;
  }
}

function alive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
