/**
 * What is done to cameras, one row each: how it is made and cured, and what their status must say meanwhile. `told` is
 * asked of each status that comes after the fault was made; `code` is what the status ends at while the fault lasts.
 * Where the state says nothing, `by` is the field that does. Without `cure` the fault passes by itself. `waits`: making it
 * takes until a moment that fits. `short`: part of the short form.
 */

/** The clock is set this far, in seconds: a board without a battery that hears of the time, and takes it back. */
const CLOCK_S = 86_400;
const CLOCK_NEAR_MS = 60_000;
/** In pictures, 15 a second: longer than a stall, and no longer than a camera may take to be back. */
const LONG_GOP = 120;
const USUAL_GOP = 15;

const gone = ({ state }) => state === 'offline' || state === 'stalled';

/** What its server sends instead of a scene that moves. */
const sends = (picture) => ({
  make: ({ server }) => server.tell({ picture }),
  cure: ({ server }) => server.tell({ picture: 'moving' }),
});
const serverGone = {
  make: ({ server }) => server.end(),
  cure: ({ server }) => server.start(),
};

export const FAULTS = [
  {
    name: 'refused',
    how: 'RTSP server killed, its port closed',
    camera: 'gate',
    told: gone,
    code: 'CAMERA_OPEN',
    ...serverGone,
  },
  {
    name: 'refused, HTTP',
    how: 'MJPEG server killed, its port closed',
    camera: 'door',
    told: gone,
    code: 'CAMERA_OPEN',
    ...serverGone,
  },
  {
    name: 'black hole',
    how: 'a camera taken in by a reload, every packet to and from it swallowed (tc)',
    camera: 'spare',
    told: gone,
    code: 'CAMERA_OPEN',
    make: ({ stage, network }) => {
      network.swallow();
      stage.add({ spare: stage.camera('spare') });
    },
    cure: async ({ server, network }) => {
      await server.start();
      network.carry();
    },
    undo: async ({ stage, server }) => {
      stage.add({});
      await server.end();
    },
  },
  {
    name: 'cable pulled',
    how: 'link of the camera down: nobody answers ARP',
    camera: 'gate',
    told: gone,
    code: 'CAMERA_OPEN',
    make: ({ network }) => network.pull(),
    cure: ({ network }) => network.plug(),
  },
  {
    name: 'half-open TCP',
    how: 'camera loses power in mid-stream: packets swallowed (tc), server killed unheard and started again',
    camera: 'gate',
    short: true,
    told: gone,
    make: ({ network }) => network.swallow(),
    cure: async ({ server, network }) => {
      await server.end();
      await server.start();
      network.carry();
    },
  },
  {
    name: 'half-open TCP, HTTP',
    how: 'the same with MJPEG',
    camera: 'door',
    told: gone,
    make: ({ network }) => network.swallow(),
    cure: async ({ server, network }) => {
      await server.end();
      await server.start();
      network.carry();
    },
  },
  {
    name: 'hung server',
    how: 'RTSP server stopped (SIGSTOP): it accepts and says nothing',
    camera: 'gate',
    told: gone,
    code: 'CAMERA_OPEN',
    make: ({ server }) => server.signal('SIGSTOP'),
    cure: ({ server }) => server.signal('SIGCONT'),
  },
  {
    name: 'wrong password',
    how: 'password changed at the camera (Digest), everybody sent away',
    camera: 'gate',
    short: true,
    told: gone,
    code: 'CAMERA_OPEN',
    reason: /password|401|unauthori|log/i,
    make: ({ server }) => server.tell({ password: 'other', cut: true }),
    cure: ({ server }) => server.tell({ password: 'right' }),
  },
  {
    name: 'wrong password, HTTP',
    how: 'the same with Basic',
    camera: 'door',
    told: gone,
    code: 'CAMERA_OPEN',
    reason: /password|401|unauthori|log/i,
    make: ({ server }) => server.tell({ password: 'other', cut: true }),
    cure: ({ server }) => server.tell({ password: 'right' }),
  },
  {
    name: 'audio track',
    how: 'everybody sent away, then sound in front of the video',
    camera: 'gate',
    told: gone,
    make: ({ server }) => server.tell({ audio: true, cut: true }),
    undo: ({ server }) => server.tell({ audio: false, cut: true }),
  },
  {
    name: 'join in the middle of a GOP',
    how: `keyframes 8 s apart, everybody sent away behind one`,
    camera: 'gate',
    told: gone,
    before: ({ server }) => server.tell({ gop: LONG_GOP, hold: true, cut: true }),
    waits: true,
    make: ({ server }) => server.tell({ cut: 'after-keyframe' }),
    undo: ({ server }) => server.tell({ gop: USUAL_GOP, hold: false, cut: true }),
  },
  {
    name: 'resolution change',
    how: '320×240 becomes 640×360 within the stream (H.264)',
    camera: 'gate',
    told: ({ width }) => width === 640,
    by: 'width',
    make: ({ server }) => server.tell({ width: 640, height: 360 }),
    undo: ({ server }) => server.tell({ width: 320, height: 240 }),
  },
  {
    name: 'resolution change, HTTP',
    how: '320×240 becomes 640×360 within the stream (MJPEG)',
    camera: 'door',
    told: ({ width }) => width === 640,
    by: 'width',
    make: ({ server }) => server.tell({ size: '640x360' }),
    undo: ({ server }) => server.tell({ size: '320x240' }),
  },
  {
    name: 'codec change',
    how: 'everybody sent away, then H.265 instead of H.264',
    camera: 'gate',
    short: true,
    told: (status) => gone(status) || status.codec === 'h265',
    make: ({ server }) => server.tell({ codec: 'h265', cut: true }),
    undo: ({ server }) => server.tell({ codec: 'h264', cut: true }),
  },
  {
    name: 'codec change to MJPEG',
    how: 'the same with MJPEG over RTSP',
    camera: 'gate',
    told: (status) => gone(status) || status.codec === 'mjpeg',
    make: ({ server }) => server.tell({ codec: 'mjpeg', cut: true }),
    undo: ({ server }) => server.tell({ codec: 'h264', cut: true }),
  },
  {
    name: 'frozen picture',
    how: 'the encoder gets the same picture for ever (H.264)',
    camera: 'gate',
    short: true,
    told: ({ state }) => state === 'frozen',
    ...sends('frozen'),
  },
  {
    name: 'frozen picture, HTTP',
    how: 'the same JPEG for ever',
    camera: 'door',
    told: ({ state }) => state === 'frozen',
    ...sends('frozen'),
  },
  {
    name: 'black picture',
    how: 'the encoder gets black (H.264)',
    camera: 'gate',
    told: ({ state }) => state === 'black',
    ...sends('black'),
  },
  {
    name: '30 % packet loss on UDP',
    how: 'by lot in what the camera sends',
    camera: 'yard',
    told: ({ note }) => /packets are lost/.test(note),
    by: 'note',
    make: ({ network }) => network.lose(0.3),
    cure: ({ network }) => network.carry(),
  },
  {
    name: 'server restart',
    how: 'RTSP server killed and started at once',
    camera: 'gate',
    short: true,
    told: gone,
    make: async ({ server }) => {
      await server.end();
      await server.start();
    },
  },
  {
    name: 'clock jump',
    how: 'wall clock of the daemon (LD_PRELOAD) a day ahead, then back',
    camera: 'gate',
    short: true,
    toldBy: 'detections',
    by: 'ts',
    told: ({ capturedMs }) => Math.abs(capturedMs - Date.now() - CLOCK_S * 1000) < CLOCK_NEAR_MS,
    impossible: ({ noClock }) => noClock,
    make: ({ stage }) => stage.setClock(CLOCK_S),
    cure: ({ stage }) => stage.setClock(0),
    cured: ({ capturedMs }) => Math.abs(capturedMs - Date.now()) < CLOCK_NEAR_MS,
  },
  {
    name: 'device missing',
    how: 'a camera on a device that is not there, taken in by a reload; without a video device nothing can be plugged in',
    camera: 'usb',
    short: true,
    told: gone,
    code: 'CAMERA_OPEN',
    neverBack: true,
    make: ({ stage }) => stage.add({ usb: { source: 'v4l2:/dev/video-unplugged', model: 'shapes', fps: 5 } }),
    cure: ({ stage }) => stage.add({}),
  },
];
