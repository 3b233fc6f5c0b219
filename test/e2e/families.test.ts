/**
 * Small models of PaddleDetection's families against what the publisher's own deployment found in the same pictures:
 * boxes within half a pixel, scores within a thousandth, and the prepared graph like the exported one.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import t from 'tap';

interface Tried {
  name: string;
  loads: boolean | string;
  decoder: string;
  /** Furthest outputs of the prepared graph from those of the exported one. */
  apart: number;
  against: { wanted: number; missed: number; extra: number }[];
}

const script = join(import.meta.dirname, '..', '..', 'scripts', 'fixtures', 'try-fixtures.mjs');

/** Where the fixture keeps fewer boxes than the publisher's configuration does, the rest is more than was wanted. */
const DECODED: Record<string, { decoder: RegExp; keeps?: number }> = {
  'picodet-raw': { decoder: /^PicoDet$/ },
  'picodet-without-nms': { decoder: /^PicoDet without NMS$/ },
  'ppyoloe-nms': { decoder: /^boxes with post-processing$/ },
  'ppyoloe-without-nms': { decoder: /^PP-YOLOE without NMS$/, keeps: 40 },
  'ppyoloe-without-post-process': { decoder: /^PP-YOLOE without post-processing$/, keeps: 40 },
  'rtdetr-post-process': { decoder: /^boxes with post-processing$/ },
  'yolov3-nms': { decoder: /^boxes with post-processing$/ },
};

t.test("the publisher's boxes are found, and no others", async (t) => {
  const args = [script, '--json', ...Object.keys(DECODED)];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 120_000 });
  const tried = stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Tried);
  t.equal(tried.length, Object.keys(DECODED).length, stderr);
  for (const { name, loads, decoder, apart, against } of tried) {
    const { decoder: expected, keeps = Number.POSITIVE_INFINITY } = DECODED[name] ?? { decoder: /^$/ };
    t.equal(loads, true, `${name} loads`);
    t.match(decoder, expected, name);
    t.ok(apart <= 1e-3, `${name}: outputs ${apart} apart`);
    t.ok(
      against.some(({ wanted }) => wanted > 0),
      `${name}: there is something to find`,
    );
    for (const { wanted, missed, extra } of against) {
      t.equal(missed, 0, `${name}: ${missed} of ${wanted} missed`);
      if (wanted < keeps) t.equal(extra, 0, `${name}: ${extra} more than the ${wanted}`);
    }
  }
});
