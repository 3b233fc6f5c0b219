/** An event of an object that is followed, for tests of what is told of it. */
import type { TrackEvent } from '../../dist/core/track-event.js';

export function trackEvent(changes: Partial<TrackEvent> = {}): TrackEvent {
  return {
    type: 'new',
    id: 'gate-7f3c0a11-1',
    camera: 'gate',
    label: 'person',
    labelId: 0,
    startUs: 1_000_000,
    seenUs: 2_000_000,
    score: 0.8,
    topScore: 0.9,
    box: { x1: 64.5, y1: 48, x2: 320.2, y2: 240 },
    imageWidth: 640,
    imageHeight: 480,
    hits: 3,
    stationary: false,
    path: [[0.3, 0.5]],
    zones: [],
    enteredZones: [],
    model: { name: 'people', version: '1.2', digest: `sha256:${'ab'.repeat(32)}` },
    ...changes,
  };
}
