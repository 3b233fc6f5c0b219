/**
 * Gives large buffers back to the system at once. Left to the garbage collector, a megabyte per frame is
 * memory pressure enough to collect the whole heap several times a second.
 */
import { MessageChannel, type MessagePort } from 'node:worker_threads';

/** A closed port: what is sent through it is emptied as if it were transferred, and dropped. */
const nowhere = closedPort();

/** Empties the buffers; whatever looks at one of them afterwards sees no bytes. */
export function returnMemory(buffers: ArrayBuffer[]): void {
  nowhere.postMessage(undefined, buffers);
}

function closedPort(): MessagePort {
  const { port1 } = new MessageChannel();
  port1.close();
  return port1;
}
