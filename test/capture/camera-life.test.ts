import t from 'tap';
import { type CameraEvent, nextStep } from '../../dist/capture/camera-life.js';
import type { CameraState } from '../../dist/core/camera-state.js';

const LIVE = { finite: false, loop: false };
const ONCE = { finite: true, loop: false };
const LOOP = { finite: true, loop: true };
const STATES: CameraState[] = ['connecting', 'online', 'frozen', 'black', 'stalled', 'offline'];
const FAULT: CameraEvent = { type: 'fault', permanent: false };

t.test('a picture makes every camera what is seen in it', (t) => {
  for (const state of STATES)
    for (const sight of ['online', 'frozen', 'black'] as const)
      t.same(nextStep(state, { type: 'picture', sight }, LIVE), { state: sight, action: 'none' });
  t.end();
});

t.test('a stall is another opening at once, unless that did not help', (t) => {
  for (const state of ['online', 'frozen', 'black'] as const)
    t.same(nextStep(state, { type: 'stall' }, LIVE), { state: 'stalled', action: 'reopen' });
  for (const state of ['connecting', 'stalled', 'offline'] as const)
    t.same(nextStep(state, { type: 'stall' }, LIVE), { state: 'offline', action: 'retry' });
  t.same(nextStep('online', { type: 'stall' }, ONCE), { state: 'ended', action: 'close' });
  t.same(nextStep('online', { type: 'stall' }, LOOP), { state: 'offline', action: 'retry' });
  t.end();
});

t.test('a frozen camera stays so while it is opened anew', (t) => {
  t.same(nextStep('frozen', { type: 'renew' }, LIVE), { state: 'frozen', action: 'reopen' });
  t.end();
});

t.test('faults and ends of each kind of source', (t) => {
  for (const state of STATES) {
    t.same(nextStep(state, FAULT, LIVE), { state: 'offline', action: 'retry' });
    t.same(nextStep(state, FAULT, LOOP), { state: 'offline', action: 'retry' });
    t.same(nextStep(state, FAULT, ONCE), { state: 'ended', action: 'close' });
    t.same(nextStep(state, { type: 'fault', permanent: true }, LIVE), {
      state: 'offline',
      action: 'give-up',
    });
    t.same(nextStep(state, { type: 'end', frames: 5 }, LIVE), {
      state: 'offline',
      action: 'retry',
      fault: 'stream-ended',
    });
    t.same(nextStep(state, { type: 'end', frames: 5 }, ONCE), { state: 'ended', action: 'close' });
    t.same(nextStep(state, { type: 'end', frames: 5 }, LOOP), { state, action: 'replay' });
    t.same(nextStep(state, { type: 'end', frames: 0 }, ONCE), {
      state: 'ended',
      action: 'close',
      fault: 'no-picture',
    });
    t.same(nextStep(state, { type: 'end', frames: 0 }, LOOP), {
      state: 'offline',
      action: 'retry',
      fault: 'no-picture',
    });
  }
  t.end();
});

t.test('what has ended stays so', (t) => {
  for (const event of [FAULT, { type: 'stall' }, { type: 'end', frames: 1 }] as CameraEvent[]) {
    t.same(nextStep('ended', event, LOOP), { state: 'ended', action: 'none' });
  }
  t.end();
});
