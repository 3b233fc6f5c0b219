/**
 * Every stable error code, with its exit status and meaning. The README's table of codes is checked
 * against this one, so that a code printed in the field can always be looked up.
 */

/** Exit status of a command that failed while doing its work. */
export const EXIT_FAILED = 1;
/** Exit status of wrong usage or a wrong configuration: nothing was started. */
export const EXIT_USAGE = 2;

export const ERROR_CODES = {
  USAGE: { exit: EXIT_USAGE, meaning: 'A command was called with wrong arguments.' },
  CONFIG_NOT_FOUND: { exit: EXIT_USAGE, meaning: 'The configuration file cannot be read.' },
  CONFIG_INVALID: {
    exit: EXIT_USAGE,
    meaning: 'The configuration has problems; each is listed with its line.',
  },
  CONFIG_SECRET: { exit: EXIT_USAGE, meaning: 'A secret named in the configuration cannot be read.' },
  BUNDLE_NOT_FOUND: { exit: EXIT_FAILED, meaning: 'The bundle folder or archive cannot be read.' },
  BUNDLE_INCOMPLETE: { exit: EXIT_FAILED, meaning: 'A file that every bundle needs is missing.' },
  BUNDLE_ARCHIVE: {
    exit: EXIT_FAILED,
    meaning: 'The bundle archive is damaged, too large or holds forbidden names.',
  },
  BUNDLE_MANIFEST: {
    exit: EXIT_FAILED,
    meaning: 'The manifest of a bundle cannot be understood or its digests do not fit the files.',
  },
  BUNDLE_SAMPLES: {
    exit: EXIT_FAILED,
    meaning: 'The samples of a bundle cannot be understood, or the model finds something else in them.',
  },
  INFER_CFG_INVALID: { exit: EXIT_FAILED, meaning: 'infer_cfg.yml cannot be understood.' },
  INFER_CFG_LABELS: { exit: EXIT_FAILED, meaning: 'The label list does not fit the number of classes.' },
  PREPROCESS_UNSUPPORTED: {
    exit: EXIT_FAILED,
    meaning: 'A pre-processing step is not known or not supported.',
  },
  MODEL_NOT_ONNX: { exit: EXIT_FAILED, meaning: 'The model file is not a readable ONNX model.' },
  MODEL_INPUT: { exit: EXIT_FAILED, meaning: 'The model has inputs that detectd cannot feed.' },
  MODEL_FAMILY: { exit: EXIT_FAILED, meaning: 'The model belongs to a family that is not supported.' },
  MODEL_LOAD: { exit: EXIT_FAILED, meaning: 'ONNX Runtime refuses the model.' },
  MODEL_RUN: { exit: EXIT_FAILED, meaning: 'An inference failed.' },
  SLICING_TOO_FINE: { exit: EXIT_FAILED, meaning: 'Slicing would cut a picture into too many tiles.' },
  PROVIDER_UNAVAILABLE: {
    exit: EXIT_FAILED,
    meaning: 'The execution provider is not available on this machine.',
  },
  ENGINE_BUILD: { exit: EXIT_FAILED, meaning: 'The builder of engines failed.' },
  ENGINE_UNSUPPORTED: {
    exit: EXIT_FAILED,
    meaning: 'This version of TensorRT or ONNX Runtime cannot build the engine that was asked for.',
  },
  ENGINE_REFUSED: {
    exit: EXIT_FAILED,
    meaning: 'An engine does not compute what the model does on the CPU, and is not used.',
  },
  ENGINE_MEMORY: { exit: EXIT_FAILED, meaning: 'Memory ran out while an engine was built, loaded or run.' },
  ENGINE_DISK: { exit: EXIT_FAILED, meaning: 'An engine cannot be written.' },
  ENGINE_CANCELLED: { exit: EXIT_FAILED, meaning: 'The building of an engine was stopped.' },
  COCO_ANNOTATIONS: {
    exit: EXIT_USAGE,
    meaning: 'COCO annotations cannot be read, or do not fit the pictures or the model.',
  },
  IMAGE_UNREADABLE: { exit: EXIT_FAILED, meaning: 'An image cannot be read or its format is not supported.' },
  VIDEO_UNREADABLE: { exit: EXIT_FAILED, meaning: 'A video cannot be read or holds no picture.' },
  VIDEO_ENCODE: { exit: EXIT_FAILED, meaning: 'An annotated video cannot be encoded.' },
  GSTREAMER_MISSING: { exit: EXIT_FAILED, meaning: 'GStreamer or its Node binding is not installed.' },
  PIPELINE_INVALID: { exit: EXIT_FAILED, meaning: 'A GStreamer pipeline cannot be built.' },
  CAMERA_OPEN: { exit: EXIT_FAILED, meaning: 'A camera cannot be opened.' },
  CAMERA_LOST: { exit: EXIT_FAILED, meaning: 'A camera stopped delivering frames.' },
  CAMERA_FROZEN: { exit: EXIT_FAILED, meaning: 'A camera delivers the same picture again and again.' },
  CAMERA_BLACK: { exit: EXIT_FAILED, meaning: 'The pictures of a camera are black, or its lens is covered.' },
  CAMERA_ARGUS: {
    exit: EXIT_FAILED,
    meaning: 'The service of CSI cameras (nvargus-daemon) is wedged or has no such camera.',
  },
  CAMERA_DECODER: {
    exit: EXIT_FAILED,
    meaning: 'A camera delivers data, but no picture comes out of the decoder.',
  },
  WORKER_CRASHED: { exit: EXIT_FAILED, meaning: 'The worker process ended unexpectedly.' },
  WORKER_HUNG: { exit: EXIT_FAILED, meaning: 'The worker hangs; the message says what of it.' },
  WORKER_PROTOCOL: {
    exit: EXIT_FAILED,
    meaning: 'The worker speaks another protocol version or sent nonsense.',
  },
  MQTT_UNREACHABLE: { exit: EXIT_FAILED, meaning: 'The MQTT broker cannot be reached.' },
  MQTT_REFUSED: { exit: EXIT_FAILED, meaning: 'The MQTT broker refused the connection.' },
  MQTT_TLS: { exit: EXIT_FAILED, meaning: 'The TLS connection to the MQTT broker failed.' },
  MQTT_TOO_LARGE: {
    exit: EXIT_FAILED,
    meaning: 'A message is larger than the MQTT broker takes; it is given up and counted.',
  },
  OUTBOX_CORRUPT: {
    exit: EXIT_FAILED,
    meaning: 'The store of messages was damaged; it was set aside, and what was in it is announced as lost.',
  },
  OUTBOX_DISK: {
    exit: EXIT_FAILED,
    meaning: 'The store of messages cannot be written; messages are kept in memory meanwhile.',
  },
  COMMAND_UNKNOWN: { exit: EXIT_FAILED, meaning: 'There is no such command, camera or model.' },
  COMMAND_INVALID: { exit: EXIT_FAILED, meaning: 'The message of a command cannot be understood.' },
  COMMAND_FORBIDDEN: { exit: EXIT_FAILED, meaning: 'A command is not listed in `remote.commands`.' },
  COMMAND_TOO_OFTEN: {
    exit: EXIT_FAILED,
    meaning: 'More commands came than `remote.commands_per_minute` allows.',
  },
  COMMAND_FAILED: { exit: EXIT_FAILED, meaning: 'A command could not be carried out; the message says why.' },
  SNAPSHOT_UNAVAILABLE: { exit: EXIT_FAILED, meaning: 'A camera delivers no picture at the moment.' },
  RECORDING_UNAVAILABLE: { exit: EXIT_FAILED, meaning: 'A camera cannot be recorded; the message says why.' },
  RECORDING_DISK: {
    exit: EXIT_FAILED,
    meaning: 'A recording cannot be written, or there is no room for it.',
  },
  RECONCILE_FOUND: {
    exit: EXIT_FAILED,
    meaning: '`scripts/reconcile` found messages that are neither there nor announced as lost.',
  },
  PORT_TAKEN: { exit: EXIT_FAILED, meaning: 'A port that detectd should listen on is taken.' },
  FOLDER_UNWRITABLE: { exit: EXIT_FAILED, meaning: 'A folder that detectd writes to cannot be written.' },
  FOLDER_UNLOCKABLE: { exit: EXIT_FAILED, meaning: 'A folder that processes share cannot be locked.' },
  ENGINE_CACHE: { exit: EXIT_FAILED, meaning: 'An engine cannot be kept in the cache.' },
  ENGINE_BUSY: { exit: EXIT_FAILED, meaning: 'Another process builds the same engine and did not finish.' },
  ENGINE_BAD: {
    exit: EXIT_FAILED,
    meaning: '`detectd engines verify` found damaged engines; each is listed.',
  },
  OUTPUT_UNWRITABLE: { exit: EXIT_FAILED, meaning: 'Results, or what is drawn, cannot be written.' },
  NOT_RUNNING: { exit: EXIT_FAILED, meaning: 'No running daemon answered.' },
  DOCTOR_FOUND: {
    exit: EXIT_FAILED,
    meaning: '`detectd doctor` found faults; each is listed with its cure.',
  },
  SELFTEST_FAILED: {
    exit: EXIT_FAILED,
    meaning: '`detectd selftest` missed its limits; each problem is listed with what to do.',
  },
  UPDATE_FETCH: {
    exit: EXIT_FAILED,
    meaning: 'A model cannot be fetched; the message says whether it is tried again.',
  },
  UPDATE_TOO_LARGE: { exit: EXIT_FAILED, meaning: 'A model is larger than `updates.max_model_mb` allows.' },
  UPDATE_NO_SPACE: {
    exit: EXIT_FAILED,
    meaning: 'There is no room for another model on the disk or in `updates.max_size_mb`.',
  },
  UPDATE_INTERRUPTED: {
    exit: EXIT_FAILED,
    meaning: 'A change of model was given up, since the process or the machine ended in it again and again.',
  },
  UPDATE_BUSY: { exit: EXIT_FAILED, meaning: 'Another process changes the models at the moment.' },
  UPDATE_STORE: { exit: EXIT_FAILED, meaning: 'The store of models cannot be read or written.' },
  UPDATE_UNKNOWN: { exit: EXIT_FAILED, meaning: 'There is no such model, version or way back.' },
  MODEL_UNSIGNED: { exit: EXIT_FAILED, meaning: 'A model has no signature, and one is required.' },
  MODEL_BAD_SIGNATURE: {
    exit: EXIT_FAILED,
    meaning: 'The signature of a model does not fit it, or cannot be understood.',
  },
  MODEL_UNTRUSTED: { exit: EXIT_FAILED, meaning: 'A model is signed by a key that is not trusted here.' },
  MODEL_DIGEST: { exit: EXIT_FAILED, meaning: 'A model is not the one whose SHA-256 was given.' },
  MODEL_EXPIRED: { exit: EXIT_FAILED, meaning: 'The signature of a model has expired.' },
  MODEL_TOO_OLD: { exit: EXIT_FAILED, meaning: 'A model is older than one that has served here.' },
  MODEL_VERSION: {
    exit: EXIT_FAILED,
    meaning: 'A model is of another version than the one that was asked for.',
  },
  MODEL_OTHER: {
    exit: EXIT_FAILED,
    meaning: 'A model is another one than its signature or the one before says.',
  },
  MODEL_CLASSES: { exit: EXIT_FAILED, meaning: 'A model lacks classes that it must have.' },
  MODEL_REFUSED: {
    exit: EXIT_FAILED,
    meaning: 'A model was refused or rolled back before, and is not tried again until told.',
  },
  MODEL_FAILS: {
    exit: EXIT_FAILED,
    meaning: 'A model crashes, hangs, runs out of memory or fails while it is tried.',
  },
  MODEL_SLOW: { exit: EXIT_FAILED, meaning: 'A model takes much longer than the one before.' },
  MODEL_LEAKS: { exit: EXIT_FAILED, meaning: 'A model loses memory while it runs.' },
  MODEL_FINDS_NOTHING: { exit: EXIT_FAILED, meaning: 'A model finds far less than the one before.' },
  MODEL_FINDS_TOO_MUCH: { exit: EXIT_FAILED, meaning: 'A model finds far more than the one before.' },
  MODEL_DISAGREES: {
    exit: EXIT_FAILED,
    meaning: 'A model that ran beside the one that serves finds something else.',
  },
  KEY_INVALID: { exit: EXIT_FAILED, meaning: 'A minisign key cannot be read, or its password is wrong.' },
  DESIRED_MALFORMED: {
    exit: EXIT_FAILED,
    meaning: 'A desired document is no JSON, or not of the form of one.',
  },
  DESIRED_TOO_LARGE: { exit: EXIT_FAILED, meaning: 'A desired document is too large or too deep.' },
  DESIRED_BAD_SIGNATURE: { exit: EXIT_FAILED, meaning: 'A desired document is not signed by a trusted key.' },
  DESIRED_OTHER_DEVICE: { exit: EXIT_FAILED, meaning: 'A desired document is for another device.' },
  DESIRED_EXPIRED: { exit: EXIT_FAILED, meaning: 'A desired document has expired.' },
  DESIRED_STALE: { exit: EXIT_FAILED, meaning: 'A desired document is older than the one in force.' },
  DESIRED_CONFLICT: {
    exit: EXIT_FAILED,
    meaning: 'A desired document has the version of another one that was taken.',
  },
  DESIRED_INVALID: {
    exit: EXIT_FAILED,
    meaning: 'With a desired document the configuration would not be valid.',
  },
  DESIRED_NOT_ALLOWED: {
    exit: EXIT_FAILED,
    meaning: 'A desired document changes what the local file does not allow.',
  },
  DESIRED_PINNED: {
    exit: EXIT_FAILED,
    meaning: 'A desired document changes what the local file has pinned.',
  },
  INTERNAL: { exit: EXIT_FAILED, meaning: 'A defect in detectd; please report it.' },
} as const satisfies Record<string, { exit: number; meaning: string }>;

export type ErrorCode = keyof typeof ERROR_CODES;
