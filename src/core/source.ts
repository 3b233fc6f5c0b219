/**
 * Where pictures come from, parsed from the configuration's one-line form:
 *   file:/srv/clip.mp4 · v4l2:/dev/video0 · rtsp://host/path · csi:0 · http://host/mjpeg · test:ball?width=640 · test:shapes?seed=7 · gst:<pipeline>
 */
export type Source =
  | { kind: 'file'; path: string }
  | { kind: 'v4l2'; device: string; codec?: Codec }
  | { kind: 'rtsp'; url: string; transport: 'tcp' | 'udp'; latencyMs: number; codec?: Codec }
  | { kind: 'csi'; sensorId: number }
  | { kind: 'http'; url: string; codec?: Codec }
  | { kind: 'test'; pattern: string; width?: number; height?: number; fps?: number }
  | ShapesSource
  | { kind: 'gst'; pipeline: string };

/** How pictures travel from a camera to this machine. */
export const CODECS = ['h264', 'h265', 'mjpeg', 'vp8', 'vp9', 'raw'] as const;
export type Codec = (typeof CODECS)[number];

/** Moving shapes that detectd draws itself, so that what each picture shows is known. */
export interface ShapesSource {
  kind: 'shapes';
  width: number;
  height: number;
  /** Most pictures per second. */
  fps: number;
  seed: number;
  /** Shapes at a time; without, by lot at each cut. */
  objects?: number;
  /** Another background and other shapes each so many seconds; 0 never. */
  cutSeconds: number;
  /** Large shapes that seldom meet: what any detector of them has to find. */
  plain: boolean;
}

export type SourceKind = Source['kind'];

/** Sources that end by themselves. */
export function endsByItself(source: Source): boolean {
  return source.kind === 'file';
}

/** Comes over a network, which may be silent for long and is asked again cheaply. */
export function isNetwork({ kind }: Source): boolean {
  return kind === 'rtsp' || kind === 'http';
}

/**
 * Kinds that two processes can play at once. Devices have one owner; what a `gst:` pipeline opens is unknown, it may
 * be a device or a port whose packets go to one of two.
 */
const SHARED: Record<SourceKind, boolean> = {
  file: true,
  v4l2: false,
  rtsp: true,
  csi: false,
  http: true,
  test: true,
  shapes: true,
  gst: false,
};

export function opensTwice(source: Source): boolean {
  return SHARED[source.kind];
}
