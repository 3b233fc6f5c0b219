/**
 * Asks an RTSP camera what it sends, before GStreamer opens it: a failed open costs memory in the binding and tells little,
 * and with the codec known the pipeline need not guess.
 */
import { randomBytes } from 'node:crypto';
import { cameraAddress } from './camera-address.js';
import { CameraLink, type LinkOptions } from './camera-link.js';
import type { ServerReply } from './server-reply.js';
import { parseSessionDescription } from './session-description.js';
import { StreamRefusal } from './stream-refusal.js';
import { authorize } from './web-authorization.js';

export interface StreamOffer {
  /** Of the first video track, in capitals as in RTP: H264, H265, JPEG …; undefined where the camera does not say. */
  encoding: string | undefined;
}

/** It went elsewhere; GStreamer follows by itself. */
const UNKNOWN: StreamOffer = { encoding: undefined };

/** Rejects with CAMERA_OPEN, which says why it cannot be opened now. */
export async function askRtsp(url: string, options: LinkOptions): Promise<StreamOffer> {
  const address = cameraAddress(url);
  const refusal = new StreamRefusal(url);
  return CameraLink.ask(address, refusal, options, async (link) => {
    let sequence = 0;
    let authorization: string | undefined;
    const send = (method: string): Promise<ServerReply> => {
      sequence += 1;
      const lines = [`${method} ${address.plain} RTSP/1.0`, `CSeq: ${sequence}`, 'User-Agent: detectd'];
      if (method === 'DESCRIBE') lines.push('Accept: application/sdp');
      if (authorization !== undefined) lines.push(`Authorization: ${authorization}`);
      // Who starts a stream when somebody asks for it describes it when it runs; that it is alive it says before.
      const patience = method === 'DESCRIBE' ? 2 : 1;
      return link.request(`${lines.join('\r\n')}\r\n\r\n`, 'RTSP', { patience });
    };
    const ask = async (method: string): Promise<ServerReply> => {
      const { credentials } = address;
      const reply = await send(method);
      if (reply.status !== 401 || credentials === undefined) return reply;
      const demands = reply.headers.get('www-authenticate') ?? [];
      const request = { method, uri: address.plain };
      authorization = authorize(demands, credentials, request, randomBytes(8).toString('hex'));
      if (authorization === undefined) throw refusal.unknownDemand();
      const second = await send(method);
      authorization = undefined;
      return second;
    };
    // As every client begins. Some cameras do not know it, which says nothing about their streams.
    const options = await ask('OPTIONS');
    if (options.status === 401) throw refusal.status(401, options.reason, address.credentials !== undefined);
    const reply = await ask('DESCRIBE');
    if (reply.status >= 300 && reply.status < 400) return UNKNOWN;
    if (reply.status !== 200)
      throw refusal.status(reply.status, reply.reason, address.credentials !== undefined);
    const tracks = parseSessionDescription(reply.body);
    const video = tracks.find(({ media }) => media === 'video');
    if (video === undefined) throw refusal.noVideo();
    return { encoding: video.encoding };
  });
}
