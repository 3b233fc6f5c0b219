/** The topics of a device, and names that cannot be part of one. */
import t from 'tap';
import { DELIVERY, Topics } from '../../dist/publish/topics.js';

t.test('every topic is below base and device', async (t) => {
  const topics = new Topics('site/a/', 'dock-3');
  t.equal(topics.root, 'site/a/dock-3');
  t.equal(topics.status, 'site/a/dock-3/status');
  t.equal(topics.info, 'site/a/dock-3/info');
  t.equal(topics.health, 'site/a/dock-3/health');
  t.equal(topics.cameraStatus('gate'), 'site/a/dock-3/cameras/gate/status');
  t.equal(topics.detections('gate'), 'site/a/dock-3/cameras/gate/detections');
  t.equal(topics.events('gate'), 'site/a/dock-3/cameras/gate/events');
  t.equal(topics.counts('gate'), 'site/a/dock-3/cameras/gate/counts');
  t.equal(topics.modelState('people'), 'site/a/dock-3/models/people/state');
  t.equal(topics.configDesired, 'site/a/dock-3/config/desired');
  t.equal(topics.configReported, 'site/a/dock-3/config/reported');
  t.equal(topics.commandReply('reload'), 'site/a/dock-3/cmd/reload/reply');
});

t.test('the camera is read back from its status topic and from no other', async (t) => {
  const topics = new Topics('detectd', 'dock-3');
  t.equal(topics.cameraOfStatus(topics.cameraStatus('gate')), 'gate');
  for (const other of [topics.detections('gate'), topics.status, 'detectd/dock-3/cameras//status', '']) {
    t.equal(topics.cameraOfStatus(other), undefined, other);
  }
  t.equal(topics.cameraOfStatus('detectd/dock-3/cameras/a/b/status'), undefined);
});

t.test('the model is read back from its state topic and from no other', async (t) => {
  const topics = new Topics('detectd', 'dock-3');
  t.equal(topics.modelOfState(topics.modelState('people')), 'people');
  for (const other of [topics.cameraStatus('gate'), 'detectd/dock-3/models/a/b/state', ''])
    t.equal(topics.modelOfState(other), undefined, other);
  t.equal(topics.everyModelState, 'detectd/dock-3/models/+/state');
});

t.test('names with wildcards, separators or control characters are refused', async (t) => {
  const topics = new Topics('detectd', 'dock-3');
  for (const bad of ['', '+', 'a#', 'a/b', 'a\0', 'a\nb', 'x'.repeat(2000)]) {
    t.throws(() => topics.detections(bad), { code: 'CONFIG_INVALID' }, JSON.stringify(bad.slice(0, 9)));
    t.throws(() => new Topics('detectd', bad), { code: 'CONFIG_INVALID' });
  }
  for (const bad of ['a/+', '#', '/a', 'a\0']) {
    t.throws(() => new Topics(bad, 'dock-3'), { code: 'CONFIG_INVALID' }, JSON.stringify(bad));
  }
});

t.test('states are retained and acknowledged, detections neither', async (t) => {
  t.same(DELIVERY.status, { qos: 1, retain: true });
  t.same(DELIVERY['cameras/{camera}/status'], { qos: 1, retain: true });
  t.same(DELIVERY['models/{model}/state'], { qos: 1, retain: true });
  t.same(DELIVERY.health, { qos: 0, retain: true });
  t.same(DELIVERY['cameras/{camera}/detections'], { qos: 0, retain: false });
});

t.test('documents for all devices have a topic beside those of the devices', async (t) => {
  t.equal(new Topics('site/a/', 'dock-3').fleetDesired, 'site/a/fleet/config/desired');
  t.same(DELIVERY['config/reported'], { qos: 1, retain: true });
});
