/** Topics on which other forms may be told, and those that are ours. */
import t from 'tap';
import { checkTopics } from '../../dist/config/topic-checks.js';

const places = { base: 'site/detectd', prefix: 'homeassistant' };
const refused = (form: string, topic: string) => checkTopics({ [form]: topic }, places).length > 0;

t.test('what is ours or Home Assistant’s is refused, with the key and a way out', (t) => {
  for (const [form, topic] of [
    ['deepstream', 'site/detectd/dock-3/status'],
    ['dlstreamer', 'site/detectd/{device}/cameras/{camera}/detections'],
    ['dlstreamer', 'site/detectd/other/cmd/reload'],
    ['deepstream', 'site/detectd/{device}/{camera}'],
    ['frigate', 'site/detectd'],
    ['frigate', 'site/detectd/{device}'],
    ['frigate', 'homeassistant'],
    ['deepstream', 'homeassistant/status'],
  ] as const)
    t.ok(refused(form, topic), topic);
  t.match(checkTopics({ frigate: 'site/detectd/{device}' }, places), [
    { path: ['outputs', 'frigate', 'topic'], message: /use one such as site\/detectd\/\{device\}\/frigate$/ },
  ]);
  t.end();
});

t.test('anything else may be used, also below the topics that a device may publish on', (t) => {
  for (const [form, topic] of [
    ['frigate', 'frigate'],
    ['frigate', 'site/detectd/{device}/frigate'],
    ['deepstream', 'site/detectd/{device}/deepstream/{camera}'],
    ['deepstream', 'site/detectd-nv/{camera}'],
    ['dlstreamer', 'homeassistant-2/x'],
  ] as const)
    t.notOk(refused(form, topic), topic);
  t.strictSame(checkTopics({ frigate: 'homeassistant/x' }, { ...places, prefix: undefined }), []);
  t.end();
});
