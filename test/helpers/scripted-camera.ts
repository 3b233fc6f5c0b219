/** A peer for questions to cameras, over real TCP: it answers each request as the test says, well or badly. */
import { createServer, type Socket } from 'node:net';
import type { Test } from 'tap';
import { listen } from './network-camera.js';

export interface ScriptedCamera {
  port: number;
  /** Every request, head and all, in their order. */
  requests: string[];
  /** Connections that were taken so far, and how many are still there. */
  connections: { taken: number; open: number };
  /** Called with each connection, before anything is read of it. */
  onConnection?: (socket: Socket) => void;
}

/** `answer` is given each request and may write to the socket, end it, or do nothing. */
export async function scriptedCamera(
  t: Test,
  answer: (request: string, socket: Socket, number: number) => void,
): Promise<ScriptedCamera> {
  const camera: ScriptedCamera = { port: 0, requests: [], connections: { taken: 0, open: 0 } };
  const server = createServer((socket) => {
    camera.connections.taken += 1;
    camera.connections.open += 1;
    socket.on('close', () => {
      camera.connections.open -= 1;
    });
    camera.onConnection?.(socket);
    let text = '';
    socket.on('data', (part) => {
      text += part.toString('latin1');
      for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
        const request = text.slice(0, end);
        text = text.slice(end + 4);
        camera.requests.push(request);
        answer(request, socket, camera.requests.length);
      }
    });
  });
  camera.port = await listen(t, server);
  return camera;
}

/** An answer of RTSP, whole. */
export function rtspAnswer(status: string, headers: readonly string[] = [], body = ''): string {
  const length = body === '' ? [] : [`Content-Length: ${Buffer.byteLength(body)}`];
  return `${[`RTSP/1.0 ${status}`, 'CSeq: 1', ...headers, ...length].join('\r\n')}\r\n\r\n${body}`;
}

/** A description of one track of video. */
export function description(encoding: string): string {
  return `v=0\r\ns=x\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 ${encoding}/90000\r\n`;
}
