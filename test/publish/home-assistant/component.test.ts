/** Names that Home Assistant can use, of whatever is named. */
import t from 'tap';
import { discoveryId, quoted, slug, unlessGone } from '../../../dist/publish/home-assistant/component.js';

t.test('what can stay stays, and what differs stays different', (t) => {
  t.equal(slug('dock-3'), 'dock-3');
  t.match(slug('traffic light'), /^traffic_light_[0-9a-f]{6}$/);
  t.not(slug('traffic light'), slug('traffic_light'));
  t.not(slug('人'), slug('車'));
  t.match(slug('x'.repeat(500)), /^x{60}_[0-9a-f]{6}$/);
  t.match(slug(''), /^[a-zA-Z0-9_-]*$/);
  t.end();
});

t.test('a device has another name under each base', (t) => {
  t.equal(discoveryId({ base: 'detectd', device: 'dock-3' }), 'detectd_dock-3');
  const [one, other] = [discoveryId({ base: 'a', device: 'b_c' }), discoveryId({ base: 'a/b', device: 'c' })];
  t.match(one, /^detectd_a_b_c_[0-9a-f]{6}$/);
  t.not(one, other);
  t.end();
});

t.test('any label is a string in a template', (t) => {
  t.equal(quoted('a "b" \\ \n'), '"a \\"b\\" \\\\ \\n"');
  t.end();
});

t.test('a message that was taken away is no fault of a template', (t) => {
  t.equal(unlessGone('{{ x }}'), '{% if value_json is defined %}{{ x }}{% endif %}');
  t.equal(unlessGone('{{ x }}', 'off'), '{% if value_json is defined %}{{ x }}{% else %}off{% endif %}');
  t.end();
});
