/**
 * Everything with a number that devices publish, from a broker, until it is told to end. It comes back to the broker by
 * itself; with a session nothing is missed meanwhile.
 */
import { readFile } from 'node:fs/promises';
import mqtt from 'mqtt';
import { loadConfig } from '../../dist/config/load.js';

const DAY_S = 86_400;
/** A broker that keeps back what is not acknowledged would lose it when it is killed. */
const RECEIVE_MAXIMUM = 65_535;

/** Where, how and what, from options and the configuration that they name. */
export async function subscriptionOf({ broker, config, base, device, session }) {
  const section = config === undefined ? {} : (await loadConfig(config, { env: process.env })).config.mqtt;
  const named = Array.isArray(section.broker) ? section.broker[0] : section.broker;
  const url =
    broker ?? (named === 'embedded' ? embeddedUrl(section.embedded) : named) ?? 'mqtt://127.0.0.1:1883';
  const root = (base ?? section.base ?? 'detectd').replace(/\/+$/, '');
  const files = {};
  for (const name of ['ca', 'cert', 'key'])
    if (section[name] !== undefined) files[name] = await readFile(section[name]);
  return {
    url,
    base: root,
    filters: ['events', 'cameras/+/events', 'cameras/+/detections'].map(
      (stream) => `${root}/${device ?? '+'}/${stream}`,
    ),
    options: {
      protocolVersion: 5,
      reconnectPeriod: 100,
      connectTimeout: 5000,
      resubscribe: false,
      clean: session === undefined,
      clientId: session ?? `reconcile-${process.pid}-${Date.now().toString(36)}`,
      properties: {
        receiveMaximum: RECEIVE_MAXIMUM,
        ...(session === undefined ? {} : { sessionExpiryInterval: DAY_S }),
      },
      ...(section.username === undefined ? {} : { username: section.username }),
      ...(section.password === undefined ? {} : { password: section.password }),
      ...files,
    },
  };
}

function embeddedUrl({ port }) {
  return `mqtt://127.0.0.1:${port}`;
}

/** Resolves once the broker has agreed for the first time; rejects where it cannot be reached at all. */
export async function subscribed(
  { url, filters, options, qos: asked = 1 },
  { take, say, lost = () => {}, back = () => {} },
) {
  const client = mqtt.connect(url, options);
  client.on('message', (topic, payload, { qos, retain }) => take({ topic, payload, qos, retain }));
  let [first, closing] = [true, false];
  await new Promise((resolve, reject) => {
    const failed = (error) => {
      if (!first) return;
      client.end(true);
      reject(new Error(`the broker at ${display(url)} cannot be reached: ${error.message}`));
    };
    client.on('error', failed);
    client.on('close', () => {
      if (first) failed(new Error('it closed the connection'));
      else if (!closing) {
        say(`connection to ${display(url)} lost; coming back by itself`);
        lost();
      }
    });
    client.on('connect', () => {
      client.subscribe(filters, { qos: asked }, (error, granted) => {
        const refused = granted?.find(({ qos }) => qos > 2);
        if (error || refused) return failed(error ?? new Error(`it refuses ${refused.topic}`));
        if (first) resolve();
        else say('connected again');
        first = false;
        back();
      });
    });
  });
  return {
    close: () => {
      closing = true;
      return client.endAsync(false).catch(() => {});
    },
  };
}

/** Without user and password. */
function display(url) {
  return url.replace(/\/\/[^@/]*@/, '//');
}
