/** A TCP server on a free loopback port that answers MQTT CONNECT as a test says. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { Test } from 'tap';

export const CONNACK_311 = { accepted: [0x20, 2, 0, 0], badLogin: [0x20, 2, 0, 4], version: [0x20, 2, 0, 1] };
export const CONNACK_5 = { accepted: [0x20, 3, 0, 0, 0], version: [0x20, 3, 0, 0x84, 0] };

/** The protocol level of a CONNECT packet: 4 is MQTT 3.1.1, 5 is MQTT 5. */
export function protocolLevel(connect: Buffer): number {
  return connect[connect.indexOf('MQTT') + 4] ?? 0;
}

/** `answer` gets the first bytes of every connection, which mqtt.js sends as one CONNECT packet. */
export async function tcpBroker(
  t: Test,
  answer: (socket: Socket, connect: Buffer) => void,
): Promise<{ url: string; port: number; levels: number[] }> {
  const levels: number[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('data', (connect) => {
      levels.push(protocolLevel(connect));
      answer(socket, connect);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `mqtt://127.0.0.1:${port}`, port, levels };
}
