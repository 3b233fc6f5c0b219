/** The announcement as a whole, held against what Home Assistant takes. */
import t from 'tap';
import { UNKNOWN_DEVICE } from '../../../dist/core/device-info.js';
import type { Platform } from '../../../dist/publish/home-assistant/component.js';
import {
  discoveryDocument,
  discoveryTopic,
} from '../../../dist/publish/home-assistant/discovery-document.js';
import { discoveryFaults, homeAssistantFacts } from '../../helpers/home-assistant.js';

t.test('Home Assistant knows every option of every entity', (t) => {
  const document = discoveryDocument(homeAssistantFacts());
  t.strictSame(discoveryFaults(document), []);
  t.ok(Object.keys(document.components).length > 15);
  const wrong = structuredClone(document);
  Object.assign(wrong.components['temperature'] ?? {}, { unit_of_measurement: 'degrees', colour: 'red' });
  t.strictSame(discoveryFaults(wrong), [
    'temperature: colour is not known',
    'temperature: unit degrees is not known',
  ]);
  t.end();
});

t.test('it says what the device is', (t) => {
  const machine = { ...UNKNOWN_DEVICE, board: 'Orin Nano', l4t: '36.4.4' };
  const { device, origin } = discoveryDocument(homeAssistantFacts({ machine }));
  t.strictSame(device, {
    identifiers: ['detectd_dock-3'],
    name: 'dock-3',
    manufacturer: 'detectd',
    sw_version: '1.2.3',
    model: 'Orin Nano',
    hw_version: 'L4T 36.4.4',
  });
  t.strictSame(origin, { name: 'detectd', sw_version: '1.2.3' });
  t.notOk('model' in discoveryDocument(homeAssistantFacts()).device);
  t.end();
});

t.test('the topic holds only what Home Assistant allows there', (t) => {
  const allowed = /^[^+#]+\/device\/[a-zA-Z0-9_-]+\/config$/;
  t.equal(discoveryTopic(homeAssistantFacts()), 'homeassistant/device/detectd_dock-3/config');
  for (const base of ['site a/é', 'x'.repeat(200), 'a.b/c'])
    t.match(discoveryTopic(homeAssistantFacts({ base, prefix: 'ha/x' })), allowed, base);
  t.end();
});

t.test('what is gone is named once more, with its platform alone', (t) => {
  const announced = new Map<string, Platform>([
    ['camera.old.fps', 'sensor'],
    ['temperature', 'sensor'],
    ['__proto__', 'switch'],
  ]);
  const { components } = discoveryDocument(homeAssistantFacts(), announced);
  t.strictSame(components['camera.old.fps'], { platform: 'sensor' });
  t.type(components['temperature']?.unique_id, 'string');
  t.strictSame(Object.getOwnPropertyDescriptor(components, '__proto__')?.value, { platform: 'switch' });
  t.end();
});

t.test('many cameras and labels still fit through a broker', (t) => {
  const cameras = Array.from({ length: 32 }, (_, index) => ({ name: `camera-${index}`, model: 'people' }));
  const labels = Array.from({ length: 10 }, (_, index) => `label ${index}`);
  const document = discoveryDocument(
    homeAssistantFacts({ cameras, labels, known: new Map([['people', labels]]) }),
  );
  t.strictSame(discoveryFaults(document), []);
  const bytes = Buffer.byteLength(JSON.stringify(document));
  t.ok(bytes < 1_000_000, `${bytes} bytes`);
  t.end();
});
