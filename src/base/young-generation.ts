/**
 * Keeps V8's young generation small: a process that turns over many small messages lets it grow by tens of
 * megabytes for no gain. Must be called before the code that allocates is loaded.
 */
import { setFlagsFromString } from 'node:v8';

export function limitYoungGeneration(): void {
  setFlagsFromString('--max-semi-space-size=1');
  setFlagsFromString('--semi-space-growth-factor=1');
}
