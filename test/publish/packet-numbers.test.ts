/** The MQTT library's buffers of numbers, in a process that has sent nothing yet. */
import { execFileSync } from 'node:child_process';
import t from 'tap';

const MODULE = new URL('../../dist/publish/packet-numbers.js', import.meta.url).href;

/** Packets as the library writes them, and how many numbers it keeps. */
function packets(keepNone: boolean): { kept: number; text: string } {
  const script = `
    import { createRequire } from 'node:module';
    const require = createRequire(createRequire(${JSON.stringify(MODULE)}).resolve('mqtt'));
    if (${keepNone}) (await import(${JSON.stringify(MODULE)})).keepNoNumbers();
    const { generate } = require('mqtt-packet');
    const packets = [1, 300, 65535].map((messageId) =>
      generate({ cmd: 'publish', topic: 'a/b', payload: 'x', qos: 1, messageId }).toString('hex'));
    const kept = Object.keys(require('mqtt-packet/numbers').cache).length;
    process.stdout.write(JSON.stringify({ kept, text: packets.join() }));`;
  return JSON.parse(
    execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' }),
  ) as { kept: number; text: string };
}

t.test('no number is kept, and packets are the same', (t) => {
  const [lean, usual] = [packets(true), packets(false)];
  t.equal(lean.kept, 0);
  t.equal(lean.text, usual.text);
  t.equal(usual.kept, 65_536, 'the library still does what this is for');
  t.end();
});
