/** What `detect --benchmark` measures, on a host that plays along. */
import t from 'tap';
import {
  type BenchmarkHost,
  type BenchmarkOptions,
  benchmark,
  benchmarkText,
} from '../../dist/commands/detect-benchmark.js';
import { image, picture, video } from '../helpers/picture-results.js';
import { modelReport } from '../helpers/worker-parts.js';

class HostDouble implements BenchmarkHost {
  readonly did: string[] = [];
  readonly pid = process.pid;
  framesPerVideo = 3;
  #pictures = 0;

  async start() {
    return modelReport({ loadMs: 12 });
  }

  async draw(path: string) {
    this.did.push(`draw ${path}`);
    return true as const;
  }

  async kill() {
    this.did.push('kill');
  }

  analyse: BenchmarkHost['analyse'] = async ({ path, kind }, onPicture) => {
    this.did.push(path);
    const frames = kind === 'video' ? this.framesPerVideo : 1;
    for (let index = 0; index < frames; index += 1) {
      this.#pictures += 1;
      onPicture({ ...picture([], index), timings: { read: 1, infer: this.#pictures, decode: 2 } });
    }
    return frames;
  };
}

function options(change: Partial<BenchmarkOptions> = {}): BenchmarkOptions {
  return { warmup: 1, repeats: 2, threads: 0, progress: { advance: () => {} }, ...change };
}

const drawn = image('drawn.jpg');

t.test('the first pictures do not count; the files are gone through in turn', async (t) => {
  const host = new HostDouble();
  let advanced = 0;
  const advance = (): void => {
    advanced += 1;
  };
  const progress = { advance };
  const jobs = [image('a.jpg'), image('b.jpg')];
  const result = await benchmark(host, jobs, drawn, options({ warmup: 2, repeats: 3, progress }));
  t.strictSame(host.did, ['a.jpg', 'b.jpg', 'a.jpg', 'b.jpg', 'a.jpg', 'kill']);
  t.equal(advanced, 5);
  t.match(result, {
    ...{ pictures: 3, warmup: 2, provider: 'cpu', threads: 0, load_ms: 12 },
    model: { name: 'people', family: 'PicoDet', network: [416, 416] },
    stages_ms: {
      infer: { min: 3, median: 4, mean: 4 },
      decode: { median: 2 },
      total: { min: 6, median: 7, p90: 7.8, p99: 7.98, mean: 7 },
    },
    images_per_second: 142.86,
  });
  t.notOk('draw' in result.stages_ms);
  t.ok((result.memory_mb.rss ?? 0) > 1 && (result.memory_mb.peak ?? 0) >= (result.memory_mb.rss ?? 0));
});

t.test('a video is left in the middle when there is enough of it', async (t) => {
  const host = new HostDouble();
  const result = await benchmark(host, [video('v.mp4')], drawn, options({ warmup: 2, repeats: 2 }));
  t.strictSame(host.did, ['v.mp4', 'v.mp4', 'kill']);
  t.equal(result.pictures, 2);
});

t.test('without files a picture is drawn', async (t) => {
  const host = new HostDouble();
  await benchmark(host, [], drawn, options());
  t.strictSame(host.did, ['draw drawn.jpg', 'drawn.jpg', 'drawn.jpg', 'drawn.jpg', 'kill']);
});

t.test('files without a picture, and files that fail, end it', async (t) => {
  const empty = new HostDouble();
  empty.framesPerVideo = 0;
  await t.rejects(benchmark(empty, [video('v.mp4')], drawn, options()), { code: 'VIDEO_UNREADABLE' });
  const failing = new HostDouble();
  failing.analyse = () => Promise.reject(new Error('no image'));
  await t.rejects(benchmark(failing, [image('a.jpg')], drawn, options()), /no image/);
  for (const host of [empty, failing]) t.equal(host.did.at(-1), 'kill');
});

t.test('drawing is a stage where there is any, and people get a table', async (t) => {
  const host = new HostDouble();
  host.analyse = async (_job, onPicture) => {
    onPicture({ ...picture([]), timings: { read: 1, infer: 2, decode: 3, draw: 4 } });
    return 1;
  };
  const result = await benchmark(host, [image('a.jpg')], drawn, options({ threads: 1 }));
  t.match(result.stages_ms, { draw: { mean: 4 }, total: { mean: 10 } });
  const text = benchmarkText({ ...result, memory_mb: { rss: 100, peak: null } });
  t.match(text, 'PicoDet 416×416, version 1, on cpu, 1 thread\n');
  t.match(text, /^draw +4\.00 +4\.00/m);
  t.match(text, '100.0 pictures/s; memory 100 MB, at most ? MB\n');
  t.match(benchmarkText({ ...result, threads: 0 }), 'as many threads as ONNX Runtime likes');
});
