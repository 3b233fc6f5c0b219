// Messages of detectd on MQTT. Written by scripts/generate-config from the JSON Schemas beside this file.
// New fields come with minor versions: ignore what you do not know.

/** Version of these. */
export type SchemaVersion = '1.1.0';

/** State of the device. Topic: `<base>/<device>/status`. */
export interface StatusPayload {
  /** Version of the schema as major.minor.patch; readers of one major version understand all of it. */
  schema: string;
  /** Name of the device, as in the topic. */
  device: string;
  /** Differs with every start of the daemon. */
  boot_id: string;
  /** State of the device; `lost` is its last will, told by the broker. */
  state: "starting" | "building" | "ready" | "degraded" | "updating" | "stopped" | "lost";
  /** Why it is degraded; absent when there is nothing to say. */
  reason?: string;
  /** When the state was entered, RFC 3339 in UTC. Of `lost`: when the connection was made that was lost. */
  ts: string;
}

/** What the device is and what it runs. Topic: `<base>/<device>/info`. */
export interface InfoPayload {
  /** Version of the schema as major.minor.patch; readers of one major version understand all of it. */
  schema: string;
  /** Name of the device, as in the topic. */
  device: string;
  /** Differs with every start of the daemon. */
  boot_id: string;
  /** Version of detectd. */
  version: string;
  /** When the daemon started by the clock of now, RFC 3339 in UTC. */
  started?: string;
  /** Version of Node.js. */
  node: string;
  /** Operating system and processor, as in linux-arm64. */
  platform: string;
  /** What the machine is: l4t, jetpack, compute_capability …; what is unknown is left out. */
  fingerprint?: Record<string, string>;
  /** Models that are loaded, by name. */
  models: Record<string, {
    /** Version of the bundle. */
    version: string;
    /** Digest of the bundle: sha256: and 64 hexadecimal digits. */
    digest: string;
    /** What it is run by: tensorrt, cuda or cpu. */
    provider: string;
    /** Arithmetic that it computes in: fp32, fp16 or int8. */
    precision: string;
    /** Architecture of the network, as its decoder has it. */
    family: string;
    /** Names of its classes; `label_id` counts in them from 0. */
    labels: string[];
    /** Size of the network's input. */
    input: {
      /** Width in pixels. */
      w: number;
      /** Height in pixels. */
      h: number;
    };
    /** Providers that would be better, and why they are not used. */
    steps_down: {
      /** The provider that would be better. */
      provider: "tensorrt" | "cuda" | "cpu";
      /** Why it is not used, in one sentence. */
      reason: string;
    }[];
  }>;
  /** Names of the configured cameras. */
  cameras: string[];
  /** When the message was made, RFC 3339 in UTC with milliseconds. */
  ts: string;
}

/** Figures of the machine, the processes and the cameras. Topic: `<base>/<device>/health`. */
export interface HealthPayload {
  /** Version of the schema as major.minor.patch; readers of one major version understand all of it. */
  schema: string;
  /** Name of the device, as in the topic. */
  device: string;
  /** Differs with every start of the daemon. */
  boot_id: string;
  /** When the figures were taken, RFC 3339 in UTC. */
  ts: string;
  /** Seconds since the daemon started. */
  uptime_s: number;
  /** Longest time that the daemon could not do anything, in milliseconds. */
  loop_delay_ms?: number;
  /** Parts of the daemon by name. */
  services: Record<string, {
    /** stuck: only a restart of it would help. */
    state: "ok" | "degraded" | "stuck";
    /** Why, in a clause; absent when ok. */
    reason?: string;
  }>;
  /** The machine; what is not known is left out. */
  machine: {
    /** Memory of the machine, in MB of 1,000,000 bytes. */
    memory_mb?: number;
    /** Memory that could still be had, in MB of 1,000,000 bytes. */
    available_mb?: number;
    /** Swap in use, in MB of 1,000,000 bytes. */
    swap_used_mb?: number;
    /** Part of the last ten seconds in which something waited for memory, in percent. */
    memory_pressure_percent?: number;
    /** Memory of the GPU in use by all processes, in MB of 1,000,000 bytes. */
    gpu_used_mb?: number;
    /** Memory of the card; boards share that of the machine, in MB of 1,000,000 bytes. */
    gpu_memory_mb?: number;
    /** Load of the GPU, in percent. */
    gpu_load_percent?: number;
    /** Clock of the GPU, in MHz. */
    gpu_clock_mhz?: number;
    /** Clock of the processor, in MHz. */
    cpu_clock_mhz?: number;
    /** Temperatures by name of the sensor; of several with one name the hottest. */
    temperatures_c: Record<string, number>;
    /** What holds clocks down; empty when nothing does, absent where nothing can tell. */
    throttled_by?: string[];
    /** Power mode of the board. */
    power_mode?: string;
  };
  /** The processes of detectd. */
  processes: {
    /** daemon, worker, next worker or builder. */
    name: string;
    /** Number of the process. */
    pid: number;
    /** Resident memory, in MB of 1,000,000 bytes. */
    rss_mb?: number;
    /** Its share of resident memory, in MB of 1,000,000 bytes. */
    pss_mb?: number;
    /** Memory that was swapped out, in MB of 1,000,000 bytes. */
    swap_mb?: number;
    /** Memory of the GPU, in MB of 1,000,000 bytes. */
    gpu_mb?: number;
  }[];
  /** What leak detection says of each series of memory. */
  memory: Record<string, {
    /** The newest sample, in MB of 1,000,000 bytes. */
    mb: number;
    /** warming up, steady, step, saw-tooth, rising, leak or shrinking. */
    verdict: string;
    /** Growth in MB per hour; above 0 when memory is being lost. */
    mb_per_hour: number;
    /** Seconds until the limit is reached at this slope; only for a leak. */
    limit_reached_in_s?: number;
    /** The verdict in a sentence with its numbers. */
    reason?: string;
  }>;
  /** Figures of each camera. */
  cameras: Record<string, {
    /** As in its own status. */
    state: string;
    /** Analysed frames per second. */
    fps?: number;
    /** Age of the newest frame, in milliseconds. */
    last_frame_age_ms?: number;
    /** Frames analysed since the daemon started. */
    analysed: number;
    /** Frames that it delivered and that were never analysed, since the daemon started. */
    dropped: number;
    /** The same by cause: replaced by a newer one while the model was busy, paced, backlog or closed. */
    drops: Record<string, number>;
    /** How often it had to be opened again since the daemon started. */
    reconnects: number;
  }>;
  /** The process that detects. */
  worker: {
    /** State of the process that detects. */
    state: string;
    /** Workers that ended otherwise than in order, by error code. */
    failures: Record<string, number>;
    /** Frames that wait for their turn or are with the model. */
    waiting_frames?: number;
    /** Results that the daemon did not take yet. */
    unsent_results?: number;
  };
  /** Messages to the broker. */
  mqtt: {
    /** Detections messages handed to a connection since the daemon started. */
    published: number;
    /** Detections messages that were not, since the daemon started. */
    dropped: number;
    /** Connections to the broker after the first. */
    reconnects: number;
    /** Given to the connection but not yet taken by the system, in bytes. */
    queued_bytes: number;
  };
  /** Stored messages on their way to the broker. */
  outbox?: {
    /** Where messages wait: memory when the disk cannot be used. */
    mode: "disk" | "memory";
    /** Messages that wait to be delivered. */
    waiting: number;
    /** Size of what waits, in bytes. */
    bytes: number;
    /** Age of the oldest of them, in seconds in which the daemon ran; looked at each minute. */
    oldest_age_s?: number;
    /** Messages that were stored since the daemon started. */
    stored: number;
    /** Messages that the broker has, since the daemon started. */
    acknowledged: number;
    /** Messages that will never come, since the daemon started, by cause. */
    lost: Record<string, number>;
    /** Messages from before are being sent. */
    replaying: boolean;
  };
  /** What the daemon did about its own faults. */
  remedies: {
    /** What was done about faults, by act and cause. */
    taken: Record<string, Record<string, number>>;
    /** What is about to be done. */
    pending?: {
      /** recycle, slow down, speed up, restart or reboot. */
      act: string;
      /** Short, one of few: leak, memory limit, hot … */
      cause: string;
      /** One sentence with the numbers. */
      reason: string;
      /** When it was done, or since when it waits; RFC 3339 in UTC. */
      ts: string;
    };
    /** What was done last. */
    last?: {
      /** recycle, slow down, speed up, restart or reboot. */
      act: string;
      /** Short, one of few: leak, memory limit, hot … */
      cause: string;
      /** One sentence with the numbers. */
      reason: string;
      /** When it was done, or since when it waits; RFC 3339 in UTC. */
      ts: string;
    };
    /** Analysed frames per second over all cameras are kept to this; absent when not slowed down. */
    max_rate?: number;
  };
  /** The last hour in small; a series of which nothing is known is left out. */
  history: {
    /** Seconds between two values. */
    interval_s: number;
    /** Memory that could still be had, in MB; oldest first. */
    available_mb?: (number | null)[];
    /** Memory of the worker, in MB; oldest first. */
    worker_mb?: (number | null)[];
    /** Memory of the GPU in use, in MB; oldest first. */
    gpu_mb?: (number | null)[];
    /** Analysed frames per second over all cameras; oldest first. */
    fps?: (number | null)[];
    /** The hottest sensor, in degrees Celsius; oldest first. */
    hottest_c?: (number | null)[];
  };
  /** What did not answer. */
  missing: Record<string, string>;
}

/** Something that happened to the device. Topic: `<base>/<device>/events`. */
export interface EventPayload {
  /** Version of the schema as major.minor.patch; readers of one major version understand all of it. */
  schema: string;
  /** Name of the device, as in the topic. */
  device: string;
  /** Differs with every start of the daemon. */
  boot_id: string;
  /** Counts the events since the daemon started, from 0, without a gap. */
  seq: number;
  /** When it happened, RFC 3339 in UTC with milliseconds. */
  ts: string;
  /** What happened: started, device-state, camera-state, worker-failed, worker-recycled, remedy, engine-built, engine-refused, model-changed, config-applied, config-refused, command, recording, outbox, lost; others may come. */
  type: string;
  /** How bad it is. */
  severity: "info" | "warning" | "error";
  /** One sentence, without secrets. */
  message: string;
  /** Stable code behind it, listed in the README. */
  code?: string;
  /** Name of the camera that it is about. */
  camera?: string;
  /** Name of the model that it is about. */
  model?: string;
  /** True when it is delivered late, after an outage; else absent. */
  historical?: boolean;
  [field: string]: unknown;
}

/** State of a camera. Topic: `<base>/<device>/cameras/<camera>/status`. */
export interface CameraStatusPayload {
  /** Version of the schema as major.minor.patch; readers of one major version understand all of it. */
  schema: string;
  /** Name of the device, as in the topic. */
  device: string;
  /** Differs with every start of the daemon. */
  boot_id: string;
  /** Name of the camera, as in the topic. */
  camera: string;
  /** State of the camera. Pictures come when it is `online`, `frozen` (always the same one) or `black` (or covered); `stalled`: they have ceased, and it is being opened anew; `ended`: a file that was played to its end. */
  state: "connecting" | "online" | "frozen" | "black" | "stalled" | "offline" | "ended" | "disabled";
  /** When it came into this state, to the second. */
  since?: string;
  /** Why it is in this state; absent when there is nothing to say. */
  reason?: string;
  /** Stable code behind the reason, listed in the README. */
  code?: string;
  /** How often it had to be opened again since the daemon started. */
  reconnects: number;
  /** Age of its newest frame, in milliseconds. */
  last_frame_age_ms?: number;
  /** Analysed frames per second. */
  fps?: number;
  /** Pictures per second that are taken from it, analysed or not. */
  captured_fps?: number;
  /** Of its newest picture as the source delivers it, in pixels. */
  width?: number;
  /** Of its newest picture as the source delivers it, in pixels. */
  height?: number;
  /** How its pictures are encoded: h264, h265, mjpeg, vp8, vp9, raw … */
  codec?: string;
  /** Name of the GStreamer element that decodes them. */
  decoder?: string;
  /** What is not as it could be, e.g. why no hardware decodes. */
  note?: string;
  /** When the message was made, RFC 3339 in UTC with milliseconds. */
  ts: string;
}

/** What was found in one frame. Topic: `<base>/<device>/cameras/<camera>/detections`. */
export interface DetectionsPayload {
  /** Version of the schema as major.minor.patch; readers of one major version understand all of it. */
  schema: string;
  /** Name of the device, as in the topic. */
  device: string;
  /** Differs with every start of the daemon. */
  boot_id: string;
  /** Name of the camera, as in the topic. */
  camera: string;
  /** Counts the messages sent for this camera since the daemon started, from 0, without a gap. */
  seq: number;
  /** When the picture was captured, RFC 3339 in UTC with milliseconds. */
  ts: string;
  /** What `ts` is the time of: `capture`, or `arrival`, when the decoded picture reached this program, since no source of today tells more. */
  ts_source?: "capture" | "arrival";
  /** Together the age of the picture when the message was made. */
  latency_ms: {
    /** Waiting for the model, in milliseconds. */
    capture: number;
    /** Running it and reading its outputs, in milliseconds. */
    infer: number;
    /** All that came after, until the message was made, in milliseconds. */
    publish: number;
  };
  /** The model that found the objects. */
  model: {
    /** Name of the model in the configuration. */
    name: string;
    /** Version of its bundle. */
    version: string;
    /** Digest of its bundle. */
    digest: string;
  };
  /** Size of the original picture. */
  image: {
    /** Width in pixels. */
    w: number;
    /** Height in pixels. */
    h: number;
  };
  /** What was found, best first. */
  objects: {
    /** Of the object that it is, the same in every message; absent where it is not known yet, or nothing is followed. */
    track_id?: string;
    /** Name of the class. */
    label: string;
    /** Number of the class, from 0. */
    label_id: number;
    /** The box as fractions of the picture, 0 to 1 from its top left, clipped to it. */
    bbox: {
      /** Left edge. */
      x: number;
      /** Top edge. */
      y: number;
      /** Width. */
      w: number;
      /** Height. */
      h: number;
    };
    /** The box as x1, y1, x2, y2 in pixels of the original picture. */
    bbox_px: [number, number, number, number];
    /** How sure the model is, 0 to 1. */
    confidence: number;
    /** Zones that it stands in. */
    zones: string[];
  }[];
  /** Only of a source that draws its pictures: what has to be found in this one. */
  truth?: {
    /** Name of the class. */
    label: string;
    /** Number of the class, from 0. */
    label_id: number;
    /** The box as fractions of the picture, 0 to 1 from its top left, clipped to it. */
    bbox: {
      /** Left edge. */
      x: number;
      /** Top edge. */
      y: number;
      /** Width. */
      w: number;
      /** Height. */
      h: number;
    };
    /** The box as x1, y1, x2, y2 in pixels of the original picture. */
    bbox_px: [number, number, number, number];
    /** Part of it that can be seen, 0 to 1. The box is around all of it. */
    visible: number;
  }[];
  /** Only of a source that draws its pictures: what is too hidden or too small to count either way. */
  unsure?: {
    /** Name of the class. */
    label: string;
    /** Number of the class, from 0. */
    label_id: number;
    /** The box as fractions of the picture, 0 to 1 from its top left, clipped to it. */
    bbox: {
      /** Left edge. */
      x: number;
      /** Top edge. */
      y: number;
      /** Width. */
      w: number;
      /** Height. */
      h: number;
    };
    /** The box as x1, y1, x2, y2 in pixels of the original picture. */
    bbox_px: [number, number, number, number];
    /** Part of it that can be seen, 0 to 1. The box is around all of it. */
    visible: number;
  }[];
}

/** What became of an object that is followed. Topic: `<base>/<device>/cameras/<camera>/events`. */
export type TrackPayload = {
  /** Version of the schema as major.minor.patch; readers of one major version understand all of it. */
  schema: string;
  /** Name of the device, as in the topic. */
  device: string;
  /** Differs with every start of the daemon. */
  boot_id: string;
  /** Name of the camera, as in the topic. */
  camera: string;
  /** Counts the events of this camera since the daemon started, from 0, without a gap. */
  seq: number;
  /** new: it was seen often enough; update: there is news of it; end: it is gone; zone_enter, zone_exit, dwell: it came into a zone, left it, or has been there for long; line_cross: it went over a line. */
  type: "new" | "update" | "end" | "zone_enter" | "zone_exit" | "dwell" | "line_cross";
  /** Of the object, and never given to another one. */
  id: string;
  /** When it was seen last, RFC 3339 in UTC with milliseconds; the box is from then. */
  ts: string;
  /** When it was seen first. */
  start_ts: string;
  /** Only of end: when it was seen last. */
  end_ts?: string;
  /** Name of the class. */
  label: string;
  /** Number of the class, from 0. */
  label_id: number;
  /** The box as fractions of the picture, 0 to 1 from its top left, clipped to it. */
  bbox: {
    /** Left edge. */
    x: number;
    /** Top edge. */
    y: number;
    /** Width. */
    w: number;
    /** Height. */
    h: number;
  };
  /** The box as x1, y1, x2, y2 in pixels of the original picture. */
  bbox_px: [number, number, number, number];
  /** How sure the model was at the last sight, 0 to 1. */
  confidence: number;
  /** The best of all sights, 0 to 1. */
  top_confidence: number;
  /** Size of the original picture. */
  image: {
    /** Width in pixels. */
    w: number;
    /** Height in pixels. */
    h: number;
  };
  /** Zones that it stands in. */
  zones: string[];
  /** Zones that it has been in, in the order in which it entered them. */
  entered_zones: string[];
  /** Of zone_enter, zone_exit and dwell: which. */
  zone?: string;
  /** Of zone_exit and dwell: seconds since it entered the zone. */
  dwell_s?: number;
  /** Of line_cross: which. */
  line?: string;
  /** Of line_cross: `in` goes from the left of the line to its right, looking from its first to its second point. */
  direction?: "in" | "out";
  /** How often it was seen. */
  hits: number;
  /** It has hardly moved for ten seconds. */
  stationary: boolean;
  /** Where its bottom centre has been, oldest first, as fractions of the picture. */
  path: [number, number][];
  /** The model that found it. */
  model: {
    /** Name of the model in the configuration. */
    name: string;
    /** Version of its bundle. */
    version: string;
    /** Digest of its bundle. */
    digest: string;
  };
  /** True when it is delivered late, after an outage; else absent. */
  historical?: boolean;
} | {
  /** Version of the schema as major.minor.patch; readers of one major version understand all of it. */
  schema: string;
  /** Name of the device, as in the topic. */
  device: string;
  /** Differs with every start of the daemon. */
  boot_id: string;
  /** Name of the camera, as in the topic. */
  camera: string;
  /** Counts the events of this camera since the daemon started, from 0, without a gap. */
  seq: number;
  /** The number of objects in a zone is not what it may be, or is again. */
  type: string;
  /** When that was seen, RFC 3339 in UTC with milliseconds. */
  ts: string;
  /** Which. */
  zone: string;
  /** Fewer than may be, as many, or more. */
  state: "low" | "normal" | "high";
  /** How many are in it. */
  count: number;
  /** The same by label. */
  labels: Record<string, number>;
  /** How many there must be. */
  min: number;
  /** How many there may be. */
  max?: number;
  /** True when it is delivered late, after an outage; else absent. */
  historical?: boolean;
};

/** How many of each label there are. Topic: `<base>/<device>/cameras/<camera>/counts`. */
export interface CountsPayload {
  /** Version of the schema as major.minor.patch; readers of one major version understand all of it. */
  schema: string;
  /** Name of the device, as in the topic. */
  device: string;
  /** Differs with every start of the daemon. */
  boot_id: string;
  /** Name of the camera, as in the topic. */
  camera: string;
  /** By label: the most objects in one frame of the last second. A label that is absent has none; empty, too, while the camera is not online. */
  labels: Record<string, number>;
  /** The same for each zone, by its name; of objects that are followed. A zone that is absent: none since the daemon started. */
  zones: Record<string, Record<string, number>>;
  /** By name of the line: how many have crossed it since the daemon started. A line that is absent: nobody. */
  lines: Record<string, {
    /** From left to right. */
    in: number;
    /** The other way. */
    out: number;
  }>;
  /** When the message was made, RFC 3339 in UTC with milliseconds. */
  ts: string;
}

/** What serves, and what is on its way. Topic: `<base>/<device>/models/<model>/state`. */
export interface ModelStatePayload {
  /** Version of the schema as major.minor.patch; readers of one major version understand all of it. */
  schema: string;
  /** Name of the device, as in the topic. */
  device: string;
  /** Differs with every start of the daemon. */
  boot_id: string;
  /** Name of the model, as in the topic. */
  model: string;
  /** What it is at; `serving` when nothing else is. */
  phase: "serving" | "probing" | "failed" | "missing" | "unused" | "waiting" | "preparing" | "parsing" | "building" | "loading" | "accepting" | "saving" | "downloading" | "verified" | "staged" | "trial" | "probation";
  /** Of the build, or of what an update is at; absent where it is not known. */
  percent?: number;
  /** Seconds since the build began. */
  elapsed_s?: number;
  /** Seconds that it is expected to take, or for a download those that are left. */
  expected_s?: number;
  /** Of the engine that is being built: tensorrt, cuda or cpu. */
  provider?: string;
  /** Of the engine that is being built: fp32, fp16 or int8. */
  precision?: string;
  /** What serves; absent before the model is loaded. */
  active?: {
    /** Digest of the bundle: sha256: and 64 hexadecimal digits. */
    digest: string;
    /** Version of the bundle. */
    version: string;
    /** What it is run by: tensorrt, cuda or cpu. */
    provider: string;
    /** fp32, fp16 or int8. */
    precision: string;
    /** Key of its engine; null for a graph that was prepared when it was loaded. */
    engine: string | null;
  };
  /** Digest of the bundle that served before. */
  previous_digest?: string;
  /** What failed last, as far as it still matters. */
  last_error?: {
    /** Stable code, listed in the README. */
    code: string;
    /** One sentence on what is wrong; without secrets. */
    message: string;
    /** One sentence on what to do. */
    hint?: string;
  };
  /** The new version that is on its way, or how the last one ended; absent where there was none. */
  update?: {
    /** Where it comes from, with passwords masked. */
    source: string;
    /** downloading, verified, staged, building, trial, active, confirmed, failed or rolled_back. */
    phase: string;
    /** When that phase began, RFC 3339 in UTC. */
    since: string;
    /** Version of the new bundle; absent before it is known. */
    version?: string;
    /** Digest of the new bundle; absent before it is known. */
    digest?: string;
    /** What it waits for, as a clause. */
    waiting?: string;
    /** Why it has ended, or why it is tried again. */
    error?: {
      /** Stable code, listed in the README. */
      code: string;
      /** One sentence on what is wrong; without secrets. */
      message: string;
      /** One sentence on what to do. */
      hint?: string;
    };
  };
  /** Providers that would be better, and why they are not used. */
  steps_down: {
    /** The provider that would be better. */
    provider: "tensorrt" | "cuda" | "cpu";
    /** Why it is not used, in one sentence. */
    reason: string;
  }[];
  /** When the message was made, RFC 3339 in UTC with milliseconds. */
  ts: string;
}

/** A new version beside the one that serves. Topic: `<base>/<device>/models/<model>/shadow`. */
export interface ShadowPayload {
  /** Version of the schema as major.minor.patch; readers of one major version understand all of it. */
  schema: string;
  /** Name of the device, as in the topic. */
  device: string;
  /** Differs with every start of the daemon. */
  boot_id: string;
  /** When the message was made, RFC 3339 in UTC with milliseconds. */
  ts: string;
  /** Name of the model, as in the topic. */
  model: string;
  /** Digest of the new version: sha256: and 64 hexadecimal digits. */
  digest: string;
  /** For how long both have run, in seconds. */
  seconds: number;
  /** Frames analysed by both. */
  frames: number;
  /** The run is over. */
  done: boolean;
  /** Part of all that either found which both found, 0 to 1; null before anything was found. */
  agreement: number | null;
  /** The same for each camera. */
  cameras: Record<string, {
    /** Frames analysed by both. */
    frames: number;
    /** Objects that both found: same label, overlap (IoU) of 0.5 or more. */
    both: number;
    /** Objects that the version that serves found alone. */
    only_old: number;
    /** Objects that the new version found alone. */
    only_new: number;
    /** The newest few frames in which they differ. */
    examples: {
      /** When the picture was captured, RFC 3339 in UTC. */
      ts: string;
      /** Size of the picture. */
      image: {
        /** Width in pixels. */
        w: number;
        /** Height in pixels. */
        h: number;
      };
      /** Found by the version that serves alone. */
      only_old: {
        /** Name of the class. */
        label: string;
        /** How sure the model is, 0 to 1. */
        confidence: number;
        /** The box as x1, y1, x2, y2 in pixels of the original picture. */
        bbox_px: [number, number, number, number];
      }[];
      /** Found by the new version alone. */
      only_new: {
        /** Name of the class. */
        label: string;
        /** How sure the model is, 0 to 1. */
        confidence: number;
        /** The box as x1, y1, x2, y2 in pixels of the original picture. */
        bbox_px: [number, number, number, number];
      }[];
    }[];
  }>;
}

/** What configuration is in force, and why not the rest. Topic: `<base>/<device>/config/reported`. */
export interface ReportedPayload {
  /** Version of the schema as major.minor.patch; readers of one major version understand all of it. */
  schema: string;
  /** Name of the device, as in the topic. */
  device: string;
  /** Differs with every start of the daemon. */
  boot_id: string;
  /** When the message was made, RFC 3339 in UTC with milliseconds. */
  ts: string;
  /** The local configuration. */
  local: {
    /** Path of the file on the device. */
    path: string;
    /** Digest of what that file alone says, secrets masked. */
    digest: string;
  };
  /** What became of the documents. */
  documents: {
    /** The document for all devices. */
    fleet: {
      /** Of the last document that came; `superseded`: the other one says something else to all of it. */
      state: "absent" | "in_force" | "superseded" | "waiting" | "refused";
      /** Its version; absent where it could not be read. */
      version?: number;
      /** Of a refused one: stable code, listed in the README. */
      code?: string;
      /** Of a refused one: what is wrong. */
      message?: string;
      /** Of a refused one: what to do. */
      hint?: string;
      /** Of a document that is rolled out step by step. */
      rollout?: {
        /** Where this device stands, 0 to 100; it takes part below `percent`. */
        bucket: number;
        /** Percent of the devices that take part. */
        percent: number;
        /** This device takes part. */
        in: boolean;
        /** What it waits for, as a clause. */
        waiting?: string;
      };
    };
    /** The document for this device. */
    device: {
      /** Of the last document that came; `superseded`: the other one says something else to all of it. */
      state: "absent" | "in_force" | "superseded" | "waiting" | "refused";
      /** Its version; absent where it could not be read. */
      version?: number;
      /** Of a refused one: stable code, listed in the README. */
      code?: string;
      /** Of a refused one: what is wrong. */
      message?: string;
      /** Of a refused one: what to do. */
      hint?: string;
      /** Of a document that is rolled out step by step. */
      rollout?: {
        /** Where this device stands, 0 to 100; it takes part below `percent`. */
        bucket: number;
        /** Percent of the devices that take part. */
        percent: number;
        /** This device takes part. */
        in: boolean;
        /** What it waits for, as a clause. */
        waiting?: string;
      };
    };
  };
  /** What is in force. */
  in_force: {
    /** Version of the document for all devices; absent when none is. */
    fleet?: number;
    /** Version of the document for this device; absent when none is. */
    device?: number;
    /** Digest of the whole configuration, secrets masked. */
    digest: string;
  };
  /** Parts of documents that were not taken. */
  left_out: {
    /** Keys with dots between them. */
    path: string;
    /** Why it was left out. */
    code: "DESIRED_NOT_ALLOWED" | "DESIRED_PINNED";
    /** The same in a sentence, without values. */
    message: string;
    /** The document that it stood in. */
    document: "fleet" | "device";
  }[];
  /** What each configured model should be and is. */
  models: Record<string, {
    /** Its configured source without secrets, and version where one is given. */
    wanted: string;
    /** As in the state of the model. */
    phase: string;
    /** Digest of what serves; absent before anything does. */
    active?: string;
    /** What failed last. */
    error?: {
      /** Stable code, listed in the README. */
      code: string;
      /** One sentence on what is wrong; without secrets. */
      message: string;
      /** One sentence on what to do. */
      hint?: string;
    };
  }>;
}

/** A document that changes the configuration. Topic: `<base>/<device>/config/desired`. */
export type DesiredPayload = {
  /** Goes up with every document; a lower one is refused. */
  version: number;
  /** When it was written; RFC 3339. */
  issued?: string;
  /** Refused from this time on; RFC 3339. */
  expires?: string;
  /** Name of the one device that it is for; needed in a signed document for one device. */
  device?: string;
  /** A partial configuration, laid over the local file; null deletes a key. */
  config: Record<string, unknown>;
  /** For step by step; without it all take part. */
  rollout?: {
    /** Percent of the devices that take part, 0 to 100. */
    percent?: number;
    /** Any text that is the same for all stages; needed with a percent between 0 and 100. */
    seed?: string;
    /** Only devices with one of these tags (remote.tags) take part. */
    tags?: string[];
    /** Not applied before this time; RFC 3339. */
    not_before?: string;
    /** Not applied until a version without it comes. */
    hold?: boolean;
  };
} | {
  /** The document as text, exactly as it was signed. */
  payload: string;
  /** Its signature, as a .minisig file has it. */
  minisig: string;
};

/** A command. Topic: `<base>/<device>/cmd/<name>`. */
export interface CommandPayload {
  /** Given back in the answer, to tell answers apart. */
  id?: string;
  /** Of snapshot, record and camera: name of the camera. */
  camera?: string;
  /** Of camera: whether it is to be watched. */
  enabled?: boolean;
  /** Of snapshot: of the JPEG, 1 to 100. */
  quality?: number;
}

/** The answer to a command. Topic: `<base>/<device>/cmd/<name>/reply`. */
export interface CommandReplyPayload {
  /** Version of the schema as major.minor.patch; readers of one major version understand all of it. */
  schema: string;
  /** Name of the device, as in the topic. */
  device: string;
  /** Differs with every start of the daemon. */
  boot_id: string;
  /** When the message was made, RFC 3339 in UTC with milliseconds. */
  ts: string;
  /** Name of the command. */
  command: string;
  /** As it was given; absent when none was. */
  id?: string;
  /** It was obeyed. */
  ok: boolean;
  /** What came of it; depends on the command. Only when ok. */
  result?: Record<string, unknown>;
  /** Why it was not obeyed. Only when not ok. */
  error?: {
    /** Stable code, listed in the README. */
    code: string;
    /** One sentence on what is wrong; without secrets. */
    message: string;
    /** One sentence on what to do. */
    hint?: string;
  };
}
