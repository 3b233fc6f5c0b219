import t from 'tap';
import { parseInferCfg } from '../../dist/bundle/infer-cfg.js';
import { auxiliaryFeeds, liveSize, needsExactMode, pictureGeometry } from '../../dist/graph/picture-feeds.js';
import { inferCfgText } from '../fixtures/models/infer-cfg-text.js';

const cfgOf = (...steps: string[]) => parseInferCfg(inferCfgText(steps), 'infer_cfg.yml');
const free = cfgOf('{type: Resize, target_size: [416, 320], keep_ratio: false}');
const keep = cfgOf('{type: Resize, target_size: [800, 1333], keep_ratio: true}');

t.test('without the aspect ratio, each side has its scale and the size is always the target', async (t) => {
  t.same(pictureGeometry(free, 640, 404), {
    imageWidth: 640,
    imageHeight: 404,
    scaleX: 0.5,
    scaleY: 416 / 404,
    resizedWidth: 320,
    resizedHeight: 416,
  });
  for (const [width, height] of [
    [1, 1],
    [641, 479],
    [7680, 4320],
  ] as const)
    t.same(liveSize(free, width, height), { width: 320, height: 416 });
  t.notOk(needsExactMode(free));
});

t.test(
  'with the aspect ratio, the short side meets its target unless the long side would pass its own',
  async (t) => {
    t.same(liveSize(keep, 640, 480), { width: 1067, height: 800 });
    t.same(liveSize(keep, 480, 640), { width: 800, height: 1067 });
    t.same(liveSize(keep, 2000, 500), { width: 1333, height: 333 }, '333.25 rounds down');
    t.equal(pictureGeometry(keep, 2000, 500).scaleX, 1333 / 2000);
    t.ok(needsExactMode(keep));
  },
);

t.test('sizes round halves to the even neighbour', async (t) => {
  const half = cfgOf('{type: Resize, target_size: [10, 100]}');
  t.same(liveSize(half, 45, 20), { width: 22, height: 10 }, '22.5');
  t.same(liveSize(half, 47, 20), { width: 24, height: 10 }, '23.5');
});

t.test('a picture is never resized to nothing', async (t) => {
  t.same(liveSize(cfgOf('{type: Resize, target_size: 32}'), 4000, 3), { width: 32, height: 1 });
});

t.test('without Resize pictures stay as they are', async (t) => {
  t.same(liveSize(cfgOf('{type: Permute}'), 123, 45), { width: 123, height: 45 });
  t.ok(needsExactMode(cfgOf('{type: Permute}')));
});

t.test('feeds carry the names of the graph and the order that each meaning has', async (t) => {
  const geometry = pictureGeometry(keep, 2000, 500);
  const scale = 1333 / 2000;
  const feeds = auxiliaryFeeds(
    {
      auxiliaryInputs: [
        { name: 'a', meaning: 'im_shape' },
        { name: 'b', meaning: 'scale_factor' },
        { name: 'c', meaning: 'resize_scales' },
        { name: 'd', meaning: 'resize_pads' },
        { name: 'e', meaning: 'resize_ends' },
      ],
    },
    geometry,
  );
  t.same(feeds['a'], { type: 'float32', data: Float32Array.of(333, 1333), dims: [1, 2] });
  t.same(feeds['b'], { type: 'float32', data: Float32Array.of(scale, scale), dims: [1, 2] });
  t.same(feeds['c'], { type: 'float32', data: Float32Array.of(1, 1, scale, scale), dims: [4] });
  t.same(feeds['d'], { type: 'int64', data: BigInt64Array.of(0n, 0n, 0n, 0n, 0n, 0n, 4n, 4n), dims: [8] });
  t.same(feeds['e'], { type: 'int64', data: BigInt64Array.of(333n, 1333n), dims: [2] });
});
