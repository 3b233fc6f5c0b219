/** Asks an HTTP camera whether it serves a stream, before GStreamer opens it, and lets go at once. */
import { randomBytes } from 'node:crypto';
import { type CameraAddress, cameraAddress } from './camera-address.js';
import { CameraLink, type LinkOptions } from './camera-link.js';
import type { ServerReply } from './server-reply.js';
import { StreamRefusal } from './stream-refusal.js';
import { authorize } from './web-authorization.js';

/** `mjpeg`: pictures one behind another. `other`: some format of video. `unknown`: the address leads elsewhere. */
export type HttpOffer = 'mjpeg' | 'other' | 'unknown';

/** Rejects with CAMERA_OPEN, which says why it cannot be opened now. */
export async function askHttp(url: string, options: LinkOptions): Promise<HttpOffer> {
  const address = cameraAddress(url);
  const refusal = new StreamRefusal(url);
  let reply = await get(address, refusal, options);
  const given = address.credentials !== undefined;
  if (reply.status === 401 && address.credentials !== undefined) {
    const demands = reply.headers.get('www-authenticate') ?? [];
    const request = { method: 'GET', uri: address.path };
    const answer = authorize(demands, address.credentials, request, randomBytes(8).toString('hex'));
    if (answer === undefined) throw refusal.unknownDemand();
    reply = await get(address, refusal, options, answer);
  }
  if (reply.status >= 300 && reply.status < 400) return 'unknown';
  if (reply.status !== 200) throw refusal.status(reply.status, reply.reason, given);
  const type = reply.headers.get('content-type')?.[0]?.toLowerCase() ?? '';
  if (type.startsWith('multipart/')) return 'mjpeg';
  if (/^(video\/|application\/octet-stream|application\/x-rtp)/.test(type)) return 'other';
  throw refusal.noStream(type.split(';', 1)[0] ?? '');
}

/** A connection for each request: what follows the head is a stream that nobody reads. */
function get(
  address: CameraAddress,
  refusal: StreamRefusal,
  options: LinkOptions,
  authorization?: string,
): Promise<ServerReply> {
  const host = address.plain.replace(/^[a-z]+:\/\//i, '').split(/[/?#]/, 1)[0];
  const lines = [
    `GET ${address.path} HTTP/1.1`,
    `Host: ${host}`,
    'User-Agent: detectd',
    'Accept: */*',
    'Connection: close',
  ];
  if (authorization !== undefined) lines.push(`Authorization: ${authorization}`);
  return CameraLink.ask(address, refusal, options, (link) =>
    link.request(`${lines.join('\r\n')}\r\n\r\n`, 'HTTP', { headOnly: true }),
  );
}
