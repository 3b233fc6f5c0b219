/**
 * Keeps V8's heap near what is alive in it. Left alone it lets garbage grow by tens of megabytes before it looks, in the
 * young generation and in the old one, and compiles for speed what need not be fast. Must be called before the code that
 * allocates is loaded. Options of the command line would do the same, but a program can be started in more than one way.
 */
import { setFlagsFromString } from 'node:v8';

const FLAGS: readonly string[] = [
  '--max-semi-space-size=1',
  '--semi-space-growth-factor=1',
  // The old generation is collected when it has grown by so much since the last time, or by V8's least step.
  '--heap-growing-percent=5',
  '--optimize-for-size',
  // What is compiled is kept beside the byte code, each compilation leaves memory with the thread that did it, and a function
  // that runs once a minute is compiled after hours. The work here is done by the engine's own code (JSON, sockets, files).
  '--no-opt',
  '--no-sparkplug',
  // From Node 22 on.
  '--no-maglev',
];

export function keepHeapSmall(): void {
  for (const flag of FLAGS) setFlagsFromString(flag);
}
