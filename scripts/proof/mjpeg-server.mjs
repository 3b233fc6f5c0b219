/**
 * An HTTP camera that can be made to fail: `mjpeg-server.mjs PORT FOLDER` serves /video until its standard input ends.
 * FOLDER holds a folder of JPEGs for each `picture` and size (moving-320x240). Each line of input is a JSON object of
 * settings to change; the answer is a line with `ok`. `picture`, `size` and `silent` (it stays connected, and sends
 * nothing) change at once; `password` (null: none) holds for who connects next; with `"cut": true` everybody is sent away.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const FPS = 15;
const USER = 'camera';
/** A viewer that is this far behind gets no more pictures until it has caught up. */
const MAX_BEHIND_BYTES = 1_000_000;

const [port, folder] = process.argv.slice(2);
const settings = { picture: 'moving', size: '320x240', silent: false, password: null };
const pictures = new Map();
const viewers = new Set();
let shown = 0;

for (const name of readdirSync(folder)) {
  const files = readdirSync(join(folder, name)).toSorted();
  pictures.set(
    name,
    files.map((file) => readFileSync(join(folder, name, file))),
  );
}

const server = createServer((request, response) => {
  const { password } = settings;
  const login = `Basic ${Buffer.from(`${USER}:${password}`).toString('base64')}`;
  if (password !== null && request.headers.authorization !== login) {
    response.writeHead(401, { 'www-authenticate': 'Basic realm="camera"' }).end();
    return;
  }
  if (request.url !== '/video') {
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, { 'content-type': 'multipart/x-mixed-replace; boundary=frame' });
  response.on('error', () => {});
  response.on('close', () => viewers.delete(response));
  viewers.add(response);
});

setInterval(() => {
  const { picture, size, silent } = settings;
  if (silent) return;
  const all = pictures.get(`${picture === 'frozen' ? 'moving' : picture}-${size}`);
  if (picture !== 'frozen') shown += 1;
  const jpeg = all[shown % all.length];
  for (const viewer of viewers) {
    if (viewer.writableLength > MAX_BEHIND_BYTES) continue;
    viewer.write(`--frame\r\nContent-Type: image/jpeg\r\nContent-Length: ${jpeg.length}\r\n\r\n`);
    viewer.write(jpeg);
    viewer.write('\r\n');
  }
}, 1000 / FPS);

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const { cut, ...changes } = JSON.parse(line);
    Object.assign(settings, changes);
    if (cut) for (const viewer of viewers) viewer.destroy();
    process.stdout.write('ok\n');
  })
  .on('close', () => process.exit(0));

server.listen(Number(port), '0.0.0.0', () => process.stdout.write('ready\n'));
