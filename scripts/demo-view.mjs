/**
 * Subscribes to a running detectd and prints one line per second: frames, delay, what is seen. Ends
 * with status 0 after --seconds of messages, 1 when none came or the daemon (--pid) ended.
 */
import { parseArgs } from 'node:util';
import { connect } from 'mqtt';

const START_DEADLINE_S = 60;
/** A fault that lasts this long before the first message will not go away by itself. */
const FAULT_DEADLINE_S = 10;
const options = { port: { type: 'string' }, seconds: { type: 'string' }, pid: { type: 'string' } };
const { values } = parseArgs({ options });
const seconds = Number(values.seconds);
const print = (text) => process.stdout.write(`${text}\n`);

const total = { frames: 0, objects: 0 };
let second = { frames: 0, delayMs: 0 };
let newest;
let waited = 0;
let shown = 0;
let faulty = 0;
let status = { state: 'starting' };

// The broker inside detectd speaks MQTT 3.1.1.
const client = connect(`mqtt://127.0.0.1:${values.port}`, { reconnectPeriod: 250, protocolVersion: 4 });
client.on('connect', () => client.subscribe(['detectd/demo/status', 'detectd/demo/cameras/+/detections']));
// The broker is part of the daemon, so it is not there yet at first; a fault shows as no messages.
client.on('error', () => undefined);
client.on('message', (topic, payload) => {
  const message = parse(payload);
  if (message === undefined) return;
  if (topic.endsWith('/status')) status = message;
  if (!topic.endsWith('/detections')) return;
  const delays = Object.values(message.latency_ms ?? {});
  second.frames += 1;
  second.delayMs += delays.reduce((sum, value) => sum + Number(value ?? 0), 0);
  newest = message.objects ?? [];
  total.frames += 1;
  total.objects += newest.length;
});

const timer = setInterval(() => {
  if (!alive(Number(values.pid))) return end(1, 'detectd ended by itself');
  if (total.frames === 0) {
    waited += 1;
    faulty = status.state === 'degraded' ? faulty + 1 : 0;
    const text = status.reason ? `${status.state}: ${status.reason}` : status.state;
    if (waited % 5 === 1) print(`  … ${text}`);
    if (faulty >= FAULT_DEADLINE_S) end(1, text);
    else if (waited >= START_DEADLINE_S) end(1, `no detections message in ${START_DEADLINE_S} s`);
    return;
  }
  shown += 1;
  const { frames, delayMs } = second;
  second = { frames: 0, delayMs: 0 };
  const delay = frames > 0 ? `${(delayMs / frames).toFixed(0)} ms` : '-';
  print(
    `${String(shown).padStart(4)} s  ${String(frames).padStart(4)} frames/s  ${delay.padStart(6)}  ${seen(newest)}`,
  );
  if (shown >= seconds)
    end(
      0,
      `${total.frames} frames in ${shown} s, ${(total.frames / shown).toFixed(1)} per second, ${total.objects} objects`,
    );
}, 1000);

function end(status, text) {
  clearInterval(timer);
  print(`The demo ${status === 0 ? 'works' : 'failed'}: ${text.replace(/\.$/, '')}.`);
  process.exitCode = status;
  client.end(true);
}

/** "person 3 (best 0.91), bicycle 1 (best 0.52)" */
function seen(objects) {
  const labels = new Map();
  for (const { label, confidence } of objects ?? []) {
    const { count, best } = labels.get(label) ?? { count: 0, best: 0 };
    labels.set(label, { count: count + 1, best: Math.max(best, confidence) });
  }
  const parts = [...labels].map(([label, { count, best }]) => `${label} ${count} (best ${best.toFixed(2)})`);
  return parts.length > 0 ? parts.join(', ') : 'nothing';
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
