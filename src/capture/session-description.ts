/**
 * What an RTSP server says it sends (SDP, RFC 8866), as far as a pipeline is chosen by it: which tracks there are, and
 * how each is coded. Pure; the text comes from the network and may be anything.
 */
export interface Track {
  /** video, audio, application … in small letters. */
  media: string;
  /** Name of the format in RTP, in capitals: H264, H265, JPEG, VP8 …; undefined where the server does not say. */
  encoding: string | undefined;
}

/** More lines and tracks than any camera has; what follows them is not looked at. */
const MOST_LINES = 4000;
const MOST_TRACKS = 64;

/** Formats of RTP that need no name (RFC 3551). */
const FIXED_FORMATS: Record<string, string> = {
  '26': 'JPEG',
  '31': 'H261',
  '32': 'MPV',
  '33': 'MP2T',
  '34': 'H263',
};

/** The tracks in their order; none when the text is no session description. */
export function parseSessionDescription(text: string): Track[] {
  const tracks: (Track & { format: string })[] = [];
  for (const line of text.split(/\r\n|\n|\r/, MOST_LINES)) {
    const media = /^m=(\w+) \S+ \S+ (\S+)/.exec(line);
    if (media?.[1] !== undefined && media[2] !== undefined) {
      if (tracks.length === MOST_TRACKS) break;
      const format = media[2];
      tracks.push({ media: media[1].toLowerCase(), encoding: FIXED_FORMATS[format], format });
      continue;
    }
    const map = /^a=rtpmap:(\d{1,3}) ([\w.+-]{1,40})(?:\/|$)/.exec(line);
    const track = tracks.at(-1);
    if (map !== null && track !== undefined && map[1] === track.format)
      track.encoding = map[2]?.toUpperCase();
  }
  return tracks.map(({ media, encoding }) => ({ media, encoding }));
}
