/**
 * What happens to a device as a whole, told once and in order: its states, its cameras, its models, what was done about a
 * fault, and messages that were lost. Unlike a retained state, what comes next does not take the place of what was.
 */

/** 0 goes first when there is no room, 3 last. */
export type Priority = 0 | 1 | 2 | 3;

export interface DeviceEvent {
  /** As `device-state`, `camera-state`, `worker-failed`; see the README for all. */
  type: string;
  /** One sentence; without secrets. */
  message: string;
  severity: 'info' | 'warning' | 'error';
  /** A code of the table of errors. */
  code?: string | undefined;
  camera?: string | undefined;
  model?: string | undefined;
  /** Further facts, named in lower case. */
  fields?: Record<string, unknown> | undefined;
}

/** Why stored messages will never come. `power-cut`: they may have been written and not synced, so perhaps there are none. */
export type LossCause = 'overflow' | 'age' | 'too-large' | 'refused' | 'corrupt' | 'disk' | 'power-cut';

/**
 * Messages of a stream that will never come; first and last one included. Null where nobody can tell. Of a power cut nobody
 * knows the last one; without a stream it is about those of that start that no other such range names.
 */
export interface LostMessages {
  /** Path of its topic below `<base>/<device>/`. */
  stream: string | null;
  boot_id: string | null;
  from_seq: number | null;
  to_seq: number | null;
  cause: LossCause;
  /** How many of the range; all of it, unless there were too many ranges to keep apart. Null: some, nobody knows how many. */
  count: number | null;
}

/** The newest number of each stored stream of an earlier boot. */
export interface EarlierBoot {
  boot_id: string;
  streams: Record<string, number>;
}
