/** How other forms are told: over the publisher of the day, events by way of the outbox where tracks are stored. */
import type { ForeignVoice } from '../foreign-voice.js';
import type { Outbox } from '../outbox/outbox.js';

/** Each does nothing where there is no publisher. */
export interface OutputVoice {
  /** Sends one message of a frame, or drops and counts it. */
  pass(topic: string, text: string): void;
  /** The latest of its topic: sent now, or as soon as there is a connection, and to each new one. */
  say(topic: string, text: string, retain: boolean): void;
  unsay(topic: string, retain: boolean): void;
  /** Sends an event, once. */
  event(topic: string, payload: object): void;
}

export interface OutputVoiceOptions {
  foreign: () => ForeignVoice | undefined;
  bootId: string;
  outbox: Pick<Outbox, 'add'>;
  /** Whether what becomes of objects is stored; asked for each event. */
  stores: () => boolean;
}

/** Name of the stream of stored events in the form of Frigate. */
export const FRIGATE_EVENTS = 'frigate/events';
/** As our own events. */
const PRIORITY = 2;

export function outputVoice({ foreign, bootId, outbox, stores }: OutputVoiceOptions): OutputVoice {
  return {
    pass: (topic, text) => foreign()?.pass(topic, text),
    say: (topic, text, retain) => foreign()?.publish(topic, text, retain),
    unsay: (topic, retain) => foreign()?.remove(topic, retain),
    event: (topic, payload) => {
      if (!stores()) foreign()?.event(topic, payload);
      else outbox.add(FRIGATE_EVENTS, topic, PRIORITY, (seq) => ({ ...payload, boot_id: bootId, seq }));
    },
  };
}
