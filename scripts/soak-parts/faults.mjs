/**
 * The faults, each a function that breaks something and says when everything detects again: { what, ms, ok, why }, in
 * milliseconds from the moment at which recovery was possible. `ms` is undefined when it did not recover.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { RELOADS } from './schedule.mjs';
import { CAMERA } from './stage.mjs';

const RECOVER_MS = 10_000;
/** What the others may be quiet while one camera is cut off. */
const OTHERS_MS = 2000;
/** Longer than the subscriber needs to come back, and for what it misses meanwhile to show. */
const AFTER_BROKER_MS = 1000;

/** What each is and how fast all cameras must detect again. A camera's delays between attempts double while it is away. */
export function faultKinds(everyS) {
  const awayS = Math.min(10, everyS / 4);
  return {
    worker: { what: 'worker killed (kill -9)', limitMs: RECOVER_MS, inject: killWorker },
    broker: { what: 'broker restarted', limitMs: RECOVER_MS, inject: restartBroker },
    camera: {
      what: `camera cut off for ${awayS} s`,
      limitMs: RECOVER_MS + awayS * 1000,
      inject: (stage, limitMs, number) => cutCamera(stage, limitMs, number, awayS * 1000),
    },
    reload: { what: 'configuration reloaded', limitMs: RECOVER_MS, inject: reload },
  };
}

async function killWorker(stage, limitMs) {
  const wallMs = Date.now();
  process.kill(stage.workers.killing(), 'SIGKILL');
  return recovered(stage, stage.cameras, wallMs, limitMs);
}

async function restartBroker(stage, limitMs) {
  stage.detections.brokerAway = true;
  await stage.broker.end('SIGTERM');
  await stage.broker.start();
  const outcome = await recovered(stage, stage.cameras, Date.now(), limitMs);
  await sleep(AFTER_BROKER_MS);
  stage.detections.brokerAway = false;
  return outcome;
}

async function cutCamera(stage, limitMs, number, awayMs) {
  const names = [...stage.servers.keys()];
  const camera = names[number % names.length];
  const others = stage.cameras.filter((name) => name !== camera);
  const pause = stage.detections.watchPauses();
  await stage.servers.get(camera).end('SIGKILL');
  await sleep(awayMs);
  await stage.servers.get(camera).start();
  const outcome = await recovered(stage, [camera], Date.now(), limitMs);
  const othersMs = Math.round(pause(others));
  const kept = othersMs <= OTHERS_MS;
  return {
    ...outcome,
    what: camera,
    othersMs,
    ...(kept ? {} : { ok: false, why: `another camera was quiet for ${othersMs} ms` }),
  };
}

async function reload(stage, limitMs, number) {
  const what = RELOADS[number % RELOADS.length];
  const start = Date.now();
  const answered = stage.daemon.line(
    /^(configuration applied$|configuration read again|reload refused)/,
    limitMs,
  );
  change(stage, what, number);
  stage.daemon.signal('SIGHUP');
  const { msg } = (await answered) ?? { msg: 'nothing was logged' };
  // What is refused changes nothing, and the next reload is to find a file in order.
  if (what === 'broken file') stage.daemon.write(stage.config);
  const wanted = what === 'broken file' ? /^reload refused/ : /^configuration applied$/;
  const outcome = await recovered(stage, stage.cameras, Date.now(), limitMs, start);
  if (!wanted.test(msg)) return { ...outcome, what, ok: false, why: msg };
  return { ...outcome, what };
}

function change(stage, what, number) {
  const { config } = stage;
  const round = Math.floor(number / RELOADS.length) % 2;
  switch (what) {
    case 'broken file':
      stage.daemon.write(['cameras: {', 'models: { shapes: { treshold: 2 } }\n'][round]);
      return;
    case 'threshold':
      config.models.shapes.threshold = round === 0 ? 0.4 : 0.5;
      break;
    case 'frame rate':
      config.cameras.clip.fps = round === 0 ? 3 : CAMERA.fps;
      break;
    case 'camera added':
      config.cameras.extra = { source: 'test:pinwheel?fps=10', ...CAMERA };
      break;
    case 'camera removed':
      delete config.cameras.extra;
      break;
  }
  stage.daemon.write(config);
}

async function recovered(stage, cameras, wallMs, limitMs, from = wallMs) {
  const found = await stage.detections.since(cameras, wallMs, limitMs);
  const ms = Date.now() - from;
  if (found) return { ms, ok: ms <= limitMs };
  return { ms: undefined, ok: false, why: `not every camera detected again within ${limitMs / 1000} s` };
}
