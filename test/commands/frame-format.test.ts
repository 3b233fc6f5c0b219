/** The form of pictures on this machine. */
import t from 'tap';
import { frameFormat } from '../../dist/commands/frame-format.js';

t.test('it is that of the converter that is there, and the plain one without GStreamer', async (t) => {
  const machine =
    (...elements: string[]) =>
    () =>
      Promise.resolve({ has: (name: string) => elements.includes(name) });
  t.equal(await frameFormat(machine('nvvidconv')), 'RGBA');
  t.equal(await frameFormat(machine()), 'RGB');
  t.equal(await frameFormat(() => Promise.reject(new Error('no GStreamer'))), 'RGB');
});
