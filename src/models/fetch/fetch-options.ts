/** What fetching an archive is given, and what it gives back; the kinds of sources differ in neither. */
import type { Clock } from '../../base/clock.js';
import type { UpdateProgress } from '../../core/model-update.js';
import type { Throttle } from './throttle.js';

export interface FetchLimits {
  /** Of the archive. */
  maxBytes: number;
  /** Without a byte. */
  stallMs: number;
  /** In all; pauses that `mayGoOn` asks for do not count. */
  deadlineMs: number;
}

/** Why nothing may be fetched now. */
export interface Waiting {
  /** A clause: "the time window opens at 22:00". */
  reason: string;
  /** Until it may have ended; undefined where nobody knows. */
  forMs: number | undefined;
}

/** Topics of the broker, lent by who holds a connection. What is subscribed to should outlive a reconnection. */
export interface ChunkTopics {
  /** `onMessage` is called with each message, the retained one at once. Rejects where the broker refuses. */
  subscribe(topic: string, onMessage: (payload: Buffer) => void): Promise<void>;
  unsubscribe(topic: string): void;
}

export interface FetchOptions {
  /** `<state>/models/downloads`; made when it is missing. */
  folder: string;
  limits: FetchLimits;
  clock: Clock;
  /** Aborted, it rejects with its reason; what has come stays for the next time. */
  signal: AbortSignal;
  /** For the proxy (HTTP_PROXY, HTTPS_PROXY, NO_PROXY) and SSL_CERT_FILE. */
  env: NodeJS.ProcessEnv;
  /** Whether the signature beside it is fetched, too. */
  wantSignature: boolean;
  /** Shared by all that are fetched at once. */
  throttle?: Throttle;
  /** Asked before each try and every few seconds: a reason stops the transfer until there is none. */
  mayGoOn?: () => Waiting | undefined;
  /**
   * Called as soon as the size is known, with how much of it is on disk already, before anything more is fetched; throws
   * where there is no room for it.
   */
  makeRoom?: (bytes: number, haveBytes: number) => Promise<void>;
  /** At most a few times a second. */
  onProgress?: (progress: UpdateProgress) => void;
  /** What came before is not used. */
  fresh?: boolean;
  /** For sources on the broker. */
  topics?: ChunkTopics;
  /** Uniform in [0, 1); for the pauses between tries. */
  random?: () => number;
}

export interface Fetched {
  archivePath: string;
  bytes: number;
  /** Of the archive as it came, 64 hexadecimal digits; nobody has held it against the target yet. */
  sha256: string;
  /** Text of the signature file; undefined where there is none or none was wanted. */
  minisig: string | undefined;
  /**
   * It was put together from several answers, or its length was never told. Should its signature not hold, fetch it once
   * more with `fresh` before it is refused.
   */
  doubtful: boolean;
}
