/** The way of detections to the broker. */
import t from 'tap';
import { DetectionsLane } from '../../dist/publish/detections-lane.js';
import { PayloadCodec } from '../../dist/publish/payload-codec.js';
import { Topics } from '../../dist/publish/topics.js';
import { BrokerDouble } from '../helpers/broker-double.js';
import { FakeClock } from '../helpers/fake-clock.js';
import { frameResult } from '../helpers/frame-result.js';
import { mqttConfig } from '../helpers/mqtt-config.js';

function rig() {
  const config = mqttConfig({});
  const faults: string[] = [];
  const added: [stream: string, topic: string, priority: number, payload: object][] = [];
  const state = { stores: false };
  const sequences = new Map<string, number>();
  const lane = new DetectionsLane({
    ...{ config, device: 'dock-3', bootId: 'b00t', clock: new FakeClock(), sequences },
    topics: new Topics('detectd', 'dock-3'),
    codec: new PayloadCodec(config),
    store: () =>
      state.stores
        ? {
            add: (stream, topic, priority, build) => {
              const seq = sequences.get(stream) ?? 0;
              sequences.set(stream, seq + 1);
              added.push([stream, topic, priority, build(seq)]);
            },
          }
        : undefined,
    fault: (why) => faults.push(why),
  });
  return { lane, faults, added, state };
}

const stream = 'cameras/gate/detections';

t.test('without a connection they are dropped and counted, and use up no number', async (t) => {
  const { lane, faults } = rig();
  const broker = new BrokerDouble();
  lane.publish(frameResult({ camera: 'gate' }, 1), undefined);
  lane.publish(frameResult({ camera: 'gate' }, 1), broker);
  broker.bufferedBytes = 5_000_000;
  lane.publish(frameResult({ camera: 'gate' }, 1), broker);
  broker.bufferedBytes = 0;
  broker.maxPacketBytes = 500;
  lane.publish(frameResult({ camera: 'gate' }, 1), broker);
  broker.maxPacketBytes = 100_000;
  lane.publish(frameResult({ camera: 'gate' }, 1), broker);
  t.same([lane.published, lane.dropped], [2, 3]);
  t.same(
    broker.sent.map(({ payload }) => JSON.parse(payload).seq),
    [0, 1],
  );
  t.match(broker.sent[0]?.options, { qos: 0, retain: false, properties: { messageExpiryInterval: 10 } });
  t.match(faults, [/too slowly/, /larger/]);
});

t.test('stored ones go on in the same numbers, with or without a connection', async (t) => {
  const { lane, added, state } = rig();
  const broker = new BrokerDouble();
  lane.publish(frameResult({ camera: 'gate' }, 1), broker);
  state.stores = true;
  lane.publish(frameResult({ camera: 'gate' }, 1), undefined);
  t.match(added, [[stream, `detectd/dock-3/${stream}`, 0, { seq: 1, camera: 'gate' }]]);
  state.stores = false;
  lane.publish(frameResult({ camera: 'gate' }, 1), broker);
  t.equal(JSON.parse(broker.sent[1]?.payload ?? '').seq, 2);
  t.match(lane.stored, { qos: 1, retain: false });
  t.notOk(lane.stored.properties?.messageExpiryInterval, 'what is stored does not expire at the broker');
});

t.test('more cameras than there can be are told and dropped', async (t) => {
  const { lane, faults } = rig();
  const broker = new BrokerDouble();
  for (let each = 0; each < 1025; each += 1) lane.publish(frameResult({ camera: `c${each}` }, 1), broker);
  t.same([lane.published, lane.dropped], [1024, 1]);
  t.match(faults, [/cannot have a topic/]);
});
