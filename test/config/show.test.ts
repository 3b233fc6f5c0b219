/** What may be shown of a configuration in force. */
import t from 'tap';
import { loadConfig } from '../../dist/config/load.js';
import { shownConfig } from '../../dist/config/show.js';
import { memoryFiles } from '../helpers/memory-files.js';

t.test('secrets are masked wherever they stand, the rest is shown', async (t) => {
  const text = `
device: {id: "\${ID}"}
mqtt: {broker: "ws://h/mqtt?password=inclear", username: "\${USER_NAME}", password: pw, base: "site/\${ID}"}
models: {people: {bundle: /m}}
cameras:
  gate: {source: "rtsp://\${CAM}@10.0.0.7/main", model: people}
  gst: {source: "gst:rtspsrc location=rtsp://h user-pw=abc ! decodebin", model: people}
`;
  const loaded = await loadConfig('/c.yaml', {
    env: { ID: 'dock', USER_NAME: 'me', CAM: 'admin:p4ssword' },
    readFile: memoryFiles({ '/c.yaml': text }),
  });
  const shown = shownConfig(loaded);
  t.match(shown, {
    device: { id: 'dock' },
    mqtt: { broker: 'ws://h/mqtt?password=***', username: '***', password: '***', base: 'site/dock' },
    models: { people: { threshold: 0.5 } },
    cameras: {
      gate: { source: 'rtsp://***@10.0.0.7/main' },
      gst: { source: 'gst:rtspsrc location=rtsp://h user-pw=*** ! decodebin' },
    },
  });
  t.notMatch(JSON.stringify(shown), /inclear|p4ssword|"me"|"pw"/);
});
