/** Pictures of every kind to plain RGB, and what is not a picture to a clear error. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import t from 'tap';
import { decodePicture, PICTURE_EXTENSIONS } from '../../dist/picture/decode-picture.js';

const COLOUR = [200, 100, 50];
const plain = (alpha?: number): Sharp =>
  sharp({
    create: {
      width: 40,
      height: 20,
      channels: alpha === undefined ? 3 : 4,
      background: { r: 200, g: 100, b: 50, ...(alpha === undefined ? {} : { alpha }) },
    },
  });

/** First pixel and size. */
async function decode(image: Sharp | Buffer): Promise<{ size: [number, number]; pixel: number[] }> {
  const picture = await decodePicture(Buffer.isBuffer(image) ? image : await image.toBuffer());
  const { width, height, format, data } = picture;
  if (format !== 'RGB' || data.length !== width * height * 3)
    throw new Error('the picture has another shape');
  return { size: [width, height], pixel: [...data.subarray(0, 3)] };
}

/** The checksum of a PNG chunk. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

t.test('lossless pictures keep their pixels, whatever their layout', async (t) => {
  const images: [string, Sharp][] = [
    ['PNG', plain().png()],
    ['PNG with alpha', plain(0.5).png()],
    ['PNG with palette', plain().png({ palette: true })],
    ['PNG of 16 bit', plain().toColourspace('rgb16').png()],
    ['TIFF', plain().tiff()],
    ['WebP', plain().webp({ lossless: true })],
    ['GIF', plain().gif()],
  ];
  for (const [name, image] of images) {
    t.strictSame(await decode(image), { size: [40, 20], pixel: COLOUR }, name);
  }
});

t.test('grey is repeated over the channels', async (t) => {
  const images: [string, Sharp][] = [
    ['PNG', plain().greyscale().png()],
    ['JPEG', plain().greyscale().jpeg()],
    ['16 bit', plain().toColourspace('grey16').png()],
    ['with alpha', plain(1).toColourspace('b-w').png()],
  ];
  for (const [name, image] of images) {
    const { size, pixel } = await decode(image);
    t.strictSame(size, [40, 20], name);
    t.ok(new Set(pixel).size === 1 && Math.abs((pixel[0] ?? 0) - 128) <= 1, `${name}: ${pixel}`);
  }
});

t.test('CMYK becomes RGB of about the same colour', async (t) => {
  const { size, pixel } = await decode(plain().toColourspace('cmyk').jpeg());
  t.strictSame(size, [40, 20]);
  t.ok(
    pixel.every((value, index) => Math.abs(value - (COLOUR[index] ?? 0)) < 40),
    pixel.join(),
  );
});

t.test('EXIF orientation is applied to every one of the eight', async (t) => {
  const half = Buffer.alloc(40 * 20 * 3);
  half.fill(255, 0, (40 * 20 * 3) / 2);
  // White above, black below; where white ends up tells how the picture was turned.
  const whiteAt: Record<number, [number, number]> = {
    1: [0.5, 0.1],
    2: [0.5, 0.1],
    3: [0.5, 0.9],
    4: [0.5, 0.9],
    5: [0.1, 0.5],
    6: [0.9, 0.5],
    7: [0.9, 0.5],
    8: [0.1, 0.5],
  };
  for (const [orientation, [x, y]] of Object.entries(whiteAt)) {
    const jpeg = await sharp(half, { raw: { width: 40, height: 20, channels: 3 } })
      .jpeg()
      .withMetadata({ orientation: Number(orientation) })
      .toBuffer();
    const { width, height, data } = await decodePicture(jpeg);
    t.strictSame([width, height], Number(orientation) >= 5 ? [20, 40] : [40, 20]);
    t.ok(
      (data[(Math.floor(y * height) * width + Math.floor(x * width)) * 3] ?? 0) > 200,
      `orientation ${orientation}`,
    );
  }
});

t.test('an embedded colour profile leaves the pixels as they are stored', async (t) => {
  const tagged = await plain().withIccProfile('p3').png().toBuffer();
  const stored = await sharp(tagged).keepIccProfile().raw().toBuffer();
  const { pixel } = await decode(tagged);
  t.strictSame(pixel, [...stored.subarray(0, 3)]);
  t.notSame(pixel, COLOUR, 'the profile is one that would change them');
});

t.test('of an animation the first picture is taken', async (t) => {
  const pages = Buffer.concat([Buffer.alloc(8 * 8 * 3, 255), Buffer.alloc(8 * 8 * 3, 0)]);
  const gif = await sharp(pages, { raw: { width: 8, height: 16, channels: 3, pageHeight: 8 } })
    .gif()
    .toBuffer();
  t.equal((await sharp(gif).metadata()).pages, 2);
  t.strictSame(await decode(gif), { size: [8, 8], pixel: [255, 255, 255] });
});

t.test('the pixels lie in a buffer of their own, so that they can be transferred', async (t) => {
  const { data } = await decodePicture(await plain().png().toBuffer());
  t.equal(data.byteOffset, 0);
  t.equal(data.buffer.byteLength, data.byteLength);
});

t.test('what cannot be read says why and what can', async (t) => {
  const png = await sharp({
    create: {
      width: 300,
      height: 300,
      channels: 3,
      background: 'red',
      noise: { type: 'gaussian', mean: 100, sigma: 30 },
    },
  })
    .png()
    .toBuffer();
  const jpeg = await sharp(png).jpeg().toBuffer();
  const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
  const faults: [string, Buffer, RegExp][] = [
    ['empty', Buffer.alloc(0), /no image of a supported format/],
    ['text', Buffer.from('hello, this is no image'), /no image of a supported format/],
    ['SVG', svg, /no image of a supported format/],
    ['truncated PNG', png.subarray(0, png.length / 2), /read error/],
    ['truncated JPEG', jpeg.subarray(0, jpeg.length / 2), /premature end/],
    ['header alone', jpeg.subarray(0, 20), /cannot be read/],
  ];
  for (const [name, buffer, message] of faults) {
    await t.rejects(
      decodePicture(buffer),
      { code: 'IMAGE_UNREADABLE', message, hint: /^Supported are JPEG, PNG/, exitStatus: 1 },
      name,
    );
  }
});

t.test('files are named in the error', async (t) => {
  const folder = t.testdir({ 'empty.jpg': '' });
  for (const [path, reason] of [
    [join(folder, 'missing.jpg'), 'does not exist'],
    [join(folder, 'empty.jpg', 'x.jpg'), 'does not exist'],
    [join(folder, 'empty.jpg'), 'it is empty'],
    [folder, 'it is a folder'],
    ['/dev/zero', 'it is not a regular file'],
  ]) {
    const error = await decodePicture(path ?? '').catch((thrown: Error) => thrown);
    t.match(error, { code: 'IMAGE_UNREADABLE', hint: /Check the path/ });
    t.ok((error as Error).message.includes(`${path} cannot be read`), String(path));
    t.ok((error as Error).message.includes(reason ?? ''), (error as Error).message);
  }
});

t.test('too many pixels are refused before they are decoded', async (t) => {
  const bomb = await plain().png().toBuffer();
  bomb.writeUInt32BE(100_000, 16);
  bomb.writeUInt32BE(100_000, 20);
  bomb.writeUInt32BE(crc32(bomb.subarray(12, 29)), 29);
  await t.rejects(decodePicture(bomb), { code: 'IMAGE_UNREADABLE', message: /too many pixels/ });
  await t.rejects(decodePicture(await plain().png().toBuffer(), { maxPixels: 799 }), {
    message: /too many pixels/,
  });
  t.ok(await decodePicture(await plain().png().toBuffer(), { maxPixels: 800 }));
});

t.test('every format that is promised is read from a file', async (t) => {
  const folder = t.testdir({});
  for (const extension of PICTURE_EXTENSIONS) {
    const path = join(folder, `picture${extension}`);
    await plain().toFile(path);
    t.match(await decodePicture(path), { width: 40, height: 20 }, extension);
  }
  writeFileSync(join(folder, 'wrong.png'), await plain().jpeg().toBuffer());
  t.match(await decodePicture(join(folder, 'wrong.png')), { width: 40 }, 'the content counts, not the name');
});

const bus = join(import.meta.dirname, '../../../shared/images/bus.jpg');
const skip = existsSync(bus) ? false : `${bus} is not here`;
t.test('a photograph comes out at its size', { skip }, async (t) => {
  t.match(await decodePicture(bus), { width: 810, height: 1080 });
});
