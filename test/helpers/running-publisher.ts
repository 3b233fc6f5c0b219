/** A started publisher on the real clock, closed with the test. */
import type { Test } from 'tap';
import { systemClock } from '../../dist/base/clock.js';
import { MqttPublisher } from '../../dist/publish/mqtt-publisher.js';
import { type LogLine, logLines } from './log-lines.js';
import { mqttConfig } from './mqtt-config.js';

export async function runningPublisher(
  t: Test,
  settings: object,
): Promise<{ publisher: MqttPublisher; lines: LogLine[] }> {
  const { log, lines } = logLines();
  const publisher = new MqttPublisher({
    config: mqttConfig(settings),
    device: 'dock-3',
    bootId: '7f3c',
    clock: systemClock,
    log,
    random: () => 0,
  });
  t.teardown(() => publisher.close());
  await publisher.start(new AbortController().signal);
  return { publisher, lines };
}
