/**
 * A real web server with one archive, which answers as well or as badly as it is told: request by request, from a list.
 * After the list it answers well.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';

export class BadServer {
  /** Requests that came, as far as they matter. */
  requests = [];
  /** How the next requests are answered; see `#answer`. */
  behaviours;
  content;
  /** Text of the signature beside it. */
  minisig;
  #server;
  #sockets = new Set();
  #tls;

  constructor(content, { behaviours = [], minisig, tls } = {}) {
    this.content = content;
    this.behaviours = behaviours;
    this.minisig = minisig;
    this.#tls = tls;
  }

  get url() {
    return `${this.#tls ? 'https' : 'http'}://127.0.0.1:${this.#server.address().port}/people.tar.gz`;
  }

  async start() {
    const answer = (request, response) => this.#answer(request, response);
    this.#server = this.#tls ? createTlsServer(this.#tls, answer) : createServer(answer);
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return this;
  }

  async close() {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #answer(request, response) {
    const { range, authorization } = request.headers;
    const { url } = request;
    this.requests.push({ url, range, ifRange: request.headers['if-range'], authorization });
    response.on('error', () => undefined);
    if (url.split('?')[0].endsWith('.minisig')) return this.#signature(response);
    this.#archive(request, response, this.behaviours.shift() ?? {});
  }

  #signature(response) {
    if (this.minisig === undefined) response.writeHead(404).end();
    else response.end(this.minisig);
  }

  /**
   * A behaviour is any of: `status`, `headers` (added), `redirect` (where to), `silent` (no answer), `garbage` (no HTTP),
   * `ignoresRanges`, `range` (the header Content-Range, and nothing else, is made up by this function of start, end and
   * size), `skew` (a part that is shifted by so many bytes, told as if it were not), `validator` (false: none; 'weak'),
   * `length` (added to Content-Length; 'none': ended by the end of the connection; 'chunked'), `cutAt` (bytes of the body
   * until the connection is cut), `stallAt` (until nothing more comes), `flip` (a byte of the archive that is sent wrong),
   * `extra` (bytes after the end), `endless`, `becomes` (the archive from the next request on).
   */
  #archive(request, response, behaviour) {
    const { status, headers = {}, redirect, silent, garbage, becomes } = behaviour;
    const content = this.content;
    if (becomes !== undefined) this.content = becomes;
    if (silent) return;
    if (garbage) return request.socket.end('SSH-2.0-OpenSSH_9.2\r\n');
    if (redirect !== undefined)
      return response.writeHead(302, { location: redirect, ...headers }).end('elsewhere');
    if (status !== undefined) return response.writeHead(status, headers).end('no');
    const part = this.#part(request, content, behaviour);
    for (const [name, value] of Object.entries({ ...part.headers, ...headers }))
      response.setHeader(name, value);
    response.statusCode = part.status;
    this.#send(request, response, part.body, behaviour);
  }

  #part(request, content, { ignoresRanges, range, skew = 0, validator = 'strong', flip }) {
    const tag = `"${createHash('sha256').update(content).digest('hex').slice(0, 16)}"`;
    const headers = { 'content-type': 'application/gzip' };
    if (validator === 'strong') Object.assign(headers, { etag: tag, 'accept-ranges': 'bytes' });
    if (validator === 'weak') headers.etag = `W/${tag}`;
    let sent = content;
    if (flip !== undefined && content.length > 0) {
      sent = Buffer.from(content);
      sent[flip % sent.length] ^= 1;
    }
    const asked = /^bytes=(\d+)-$/.exec(request.headers.range ?? '');
    const condition = request.headers['if-range'];
    const whole = asked === null || ignoresRanges || (condition !== undefined && condition !== tag);
    if (whole) return { status: 200, headers, body: sent };
    const [start, size] = [Number(asked[1]), content.length];
    if (start >= size)
      return { status: 416, headers: { 'content-range': `bytes */${size}` }, body: Buffer.alloc(0) };
    const told = range === undefined ? `bytes ${start}-${size - 1}/${size}` : range(start, size - 1, size);
    if (told !== undefined) headers['content-range'] = told;
    const from = Math.max(0, start + skew);
    return { status: 206, headers, body: sent.subarray(from, from + size - start) };
  }

  #send(request, response, body, { length = 0, cutAt, stallAt, extra = 0, endless }) {
    const { socket } = request;
    if (length === 'none') {
      // Ended by the end of the connection, as HTTP/1.0 does.
      response.useChunkedEncodingByDefault = false;
      response.removeHeader('content-length');
      response.setHeader('connection', 'close');
    } else if (length !== 'chunked' && !endless) response.setHeader('content-length', body.length + length);
    const sent = extra > 0 ? Buffer.concat([body, Buffer.alloc(extra, 7)]) : body;
    const stop = cutAt ?? stallAt;
    if (endless) {
      const more = () => {
        while (!socket.destroyed && response.write(Buffer.alloc(65_536, 7)));
      };
      response.on('drain', more);
      return more();
    }
    if (stop === undefined || stop >= sent.length) {
      response.end(sent);
      return;
    }
    response.flushHeaders();
    response.write(sent.subarray(0, stop), () => {
      if (cutAt !== undefined) socket.destroySoon();
    });
  }
}
