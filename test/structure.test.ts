/**
 * Holds the structure of the program: layers, cycles, native bindings, tests beside every file, sizes,
 * names. Each rule is first tried on small trees that break it.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { ERROR_CODES } from '../dist/base/error-codes.js';
import { filesUnder, readSourceTree, type SourceTree } from './helpers/source-tree.js';
import * as rules from './helpers/structure-rules.js';

const root = join(import.meta.dirname, '..');

/** Entries of processes and threads, and owners of native bindings: tried whole, by the named test. */
const ENTRIES: Record<string, string> = {
  'main.ts': 'e2e/daemon.test.ts',
  'cli.ts': 'e2e/detect.test.ts',
  'daemon.ts': 'e2e/daemon.test.ts',
  'daemon/health-watch.ts': 'e2e/daemon.test.ts',
  'daemon/model-desk.ts': 'e2e/daemon.test.ts',
  'daemon/daemon-parts.ts': 'e2e/daemon.test.ts',
  'daemon/model-updates.ts': 'e2e/updates.test.ts',
  'daemon/update-acts.ts': 'e2e/updates.test.ts',
  'daemon/update-trial.ts': 'e2e/updates.test.ts',
  'commands/run.ts': 'e2e/daemon.test.ts',
  'commands/detect.ts': 'e2e/detect.test.ts',
  'commands/models.ts': 'e2e/models.test.ts',
  'commands/model-slots.ts': 'commands/models-install.test.ts',
  'commands/model-change.ts': 'commands/models-install.test.ts',
  'commands/models-inspect.ts': 'e2e/models.test.ts',
  'commands/models-pack.ts': 'e2e/models.test.ts',
  'commands/models-sign.ts': 'e2e/models-trust.test.ts',
  'commands/models-keys.ts': 'e2e/models-trust.test.ts',
  'commands/models-verify.ts': 'e2e/models-verify.test.ts',
  'commands/archive-check.ts': 'e2e/models-trust.test.ts',
  'commands/models-send.ts': 'e2e/fetch.test.ts',
  'commands/stored-check.ts': 'e2e/models-verify.test.ts',
  'commands/engines.ts': 'e2e/engines.test.ts',
  'commands/engines-list.ts': 'e2e/engines.test.ts',
  'commands/engines-explain.ts': 'e2e/engines.test.ts',
  'commands/engines-verify.ts': 'e2e/engines.test.ts',
  'commands/engines-prune.ts': 'e2e/engines.test.ts',
  'commands/engines-build.ts': 'e2e/engines-build.test.ts',
  'commands/configured-cache.ts': 'e2e/engines.test.ts',
  'commands/doctor.ts': 'e2e/doctor.test.ts',
  'commands/bench.ts': 'e2e/bench.test.ts',
  'commands/bench-daemon.ts': 'e2e/bench.test.ts',
  'commands/selftest.ts': 'e2e/selftest.test.ts',
  'commands/selftest-session.ts': 'e2e/selftest.test.ts',
  'models/slot-updater.ts': 'models/model-updater.test.ts',
  'models/phase-work.ts': 'models/model-updater.test.ts',
  'worker/main.ts': 'e2e/daemon.test.ts',
  'worker/inference-thread.ts': 'e2e/daemon.test.ts',
  'worker/drawing-thread.ts': 'e2e/shapes.test.ts',
  'worker/detect-main.ts': 'e2e/detect.test.ts',
  'worker/probe-main.ts': 'e2e/doctor.test.ts',
  'worker/bare-main.ts': 'e2e/bench.test.ts',
  'worker/trial-main.ts': 'e2e/model-tryout.test.ts',
  'publish/schemas/camera-status-schema.ts': 'publish/schemas/schema-catalogue.test.ts',
  'publish/schemas/command-schema.ts': 'publish/schemas/schema-catalogue.test.ts',
  'publish/schemas/counts-schema.ts': 'publish/schemas/schema-catalogue.test.ts',
  'publish/schemas/desired-schema.ts': 'publish/schemas/schema-catalogue.test.ts',
  'publish/schemas/detections-schema.ts': 'publish/schemas/schema-catalogue.test.ts',
  'publish/schemas/event-schema.ts': 'publish/schemas/schema-catalogue.test.ts',
  'publish/schemas/health-schema.ts': 'publish/schemas/schema-catalogue.test.ts',
  'publish/schemas/info-schema.ts': 'publish/schemas/schema-catalogue.test.ts',
  'publish/schemas/model-state-schema.ts': 'publish/schemas/schema-catalogue.test.ts',
  'publish/schemas/reported-schema.ts': 'publish/schemas/schema-catalogue.test.ts',
  'publish/schemas/shadow-schema.ts': 'publish/schemas/schema-catalogue.test.ts',
  'publish/schemas/status-schema.ts': 'publish/schemas/schema-catalogue.test.ts',
  'publish/schemas/track-schema.ts': 'publish/schemas/schema-catalogue.test.ts',
  'publish/schemas/schema-fields.ts': 'publish/schemas/schema-catalogue.test.ts',
  'config/desired-form.ts': 'models/desired-document.test.ts',
  'capture/gst-pipeline.ts': 'e2e/capture-pipeline.test.ts',
  'capture/video-file.ts': 'e2e/capture-file.test.ts',
  'publish/outbox/disk-store.ts': 'publish/outbox/outbox.test.ts',
  'publish/outbox/give-up.ts': 'publish/outbox/outbox.test.ts',
  'publish/outbox/message-sender.ts': 'publish/outbox/outbox.test.ts',
  'publish/outbox/open-store.ts': 'publish/outbox/outbox.test.ts',
  'publish/outbox/store-home.ts': 'publish/outbox/outbox.test.ts',
  'publish/outbox/store-move.ts': 'publish/outbox/outbox.test.ts',
  'publish/outbox/store-records.ts': 'publish/outbox/outbox.test.ts',
  'inference/session.ts': 'e2e/detect.test.ts',
};

const program = readSourceTree(join(root, 'src'));

t.test('the program keeps its structure', (t) => {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const declared = Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies });
  t.ok(program.size > 50, 'the program is found');
  t.strictSame(rules.importRule(program), [], 'imports run downward, and parts do not import each other');
  t.strictSame(rules.importCycles(program), [], 'no imports in a circle');
  t.strictSame(
    rules.nativeRule(program),
    [],
    'native bindings have one owner and are out of reach of the daemon',
  );
  t.strictSame(rules.undeclaredPackages(program, declared), [], 'every package is declared');
  t.strictSame(
    rules.mirrorRule(program, filesUnder(join(root, 'test')), ENTRIES),
    [],
    'every file has its test',
  );
  t.strictSame(rules.sizeRule(program), [], 'files are short');
  t.strictSame(rules.nameRule(program), [], 'names are kebab-case nouns');
  t.strictSame(rules.exportRule(program), [], 'exports have names');
  t.strictSame(rules.headerRule(program), [], 'every file says what it is');
  t.end();
});

t.test('no file names a folder of the machine it was written on', (t) => {
  const folders = ['src', 'test', 'scripts', 'config', 'systemd', 'jetson', '.ci'];
  const paths = folders.flatMap((folder) =>
    filesUnder(join(root, folder)).map((path) => `${folder}/${path}`),
  );
  const documents = ['README.md', 'ARCHITECTURE.md', 'CHANGELOG.md', 'package.json'];
  const texts = [...paths, ...documents.filter((path) => existsSync(join(root, path)))].map(
    (path): [string, string] => [path, readFileSync(join(root, path), 'utf8')],
  );
  // Put together here, so that this file does not name it.
  t.strictSame(rules.machinePathRule(texts, ['', 'work', ''].join('/')), []);
  t.end();
});

const readme = join(root, 'README.md');
t.test(
  'the README lists every error code',
  { skip: existsSync(readme) ? false : 'there is no README.md yet' },
  (t) => {
    t.strictSame(rules.undocumentedCodes(Object.keys(ERROR_CODES), readFileSync(readme, 'utf8')), []);
    t.end();
  },
);

/** A tree of files with these contents. */
function tree(t: Pick<Test, 'testdir'>, files: Record<string, string>): SourceTree {
  const content: Record<string, Record<string, string> | string> = {};
  for (const [path, text] of Object.entries(files)) {
    const [folder = '', name] = path.split('/');
    if (name === undefined) content[folder] = text;
    else content[folder] = { ...(content[folder] as Record<string, string> | undefined), [name]: text };
  }
  return readSourceTree(t.testdir(content));
}

t.test('the import rule sees imports upward, sideways, to nowhere, and of types', (t) => {
  const found = rules.importRule(
    tree(t, {
      'base/clock.ts': `import { a } from '../core/frame.js';`,
      'core/frame.ts': `import '../base/clock.js'; import './missing.js';`,
      'capture/camera.ts': `import type { B } from '../inference/session.js'; import { c } from '../core/frame.js';`,
      'inference/session.ts': `export * from '../capture/camera.js'; import './nms.js';`,
      'inference/nms.ts': `export type X = import('../worker/main.js').Y;`,
      'worker/main.ts': `await import('../commands/run.js'); await import('../capture/camera.js');`,
      'commands/run.ts': `await import('../main.js');`,
      'main.ts': `import './daemon.js';`,
      'daemon.ts': `import './worker/main.js';`,
      'attic/old.ts': '',
    }),
  );
  t.strictSame(found.sort(), [
    'attic/old.ts: is in no layer',
    'base/clock.ts: imports core/frame.ts, which is above it',
    'capture/camera.ts: imports inference/session.ts, its neighbour',
    'core/frame.ts: imports ./missing.js, which is not there',
    'daemon.ts: imports worker/main.ts, its neighbour',
    'inference/nms.ts: imports worker/main.ts, which is above it',
    'inference/session.ts: imports capture/camera.ts, its neighbour',
    'worker/main.ts: imports commands/run.ts, its neighbour',
  ]);
  t.end();
});

t.test('circles are found, however long, and with types', (t) => {
  const found = rules.importCycles(
    tree(t, {
      'base/a.ts': `import './b.js';`,
      'base/b.ts': `import type { C } from './c.js';`,
      'base/c.ts': `import './a.js'; import './d.js';`,
      'base/d.ts': `import './e.js';`,
      'base/e.ts': '',
      'base/f.ts': `import './f.js'; import './d.js'; import './e.js';`,
    }),
  );
  t.strictSame(found, ['in a circle: base/a.ts, base/b.ts, base/c.ts', 'base/f.ts: imports itself']);
  t.end();
});

t.test('native bindings are found in every way of importing them', (t) => {
  const found = rules.nativeRule(
    tree(t, {
      'cli.ts': `import './commands/detect.js';`,
      'main.ts': `import type { S } from './inference/session.js'; import './health/sd-notify.js';`,
      'commands/detect.ts': `const x = await import('../picture/decode.js');`,
      'picture/decode.ts': `import sharp from 'sharp';`,
      'inference/session.ts': `import * as ort from 'onnxruntime-node';`,
      'inference/providers.ts': `import type { T } from 'onnxruntime-node';`,
      'capture/camera.ts': `const nodeRequire = createRequire(import.meta.url); nodeRequire('gstreamer-superficial');`,
      'health/sd-notify.ts': `await import('sd-notify' as string); import x from 'systemd-notify';`,
    }),
  );
  t.strictSame(found.sort(), [
    'capture/camera.ts: imports gstreamer-superficial, which only capture/gst-pipeline.ts may',
    'cli.ts: reaches sharp: cli.ts → commands/detect.ts → picture/decode.ts → sharp',
    'health/sd-notify.ts: imports systemd-notify before it is needed',
    'inference/providers.ts: imports onnxruntime-node, which only inference/session.ts may',
    'main.ts: reaches systemd-notify: main.ts → health/sd-notify.ts → systemd-notify',
  ]);
  t.end();
});

t.test('packages that are not declared are found', (t) => {
  const found = rules.undeclaredPackages(
    tree(t, {
      'base/a.ts': `import 'node:fs'; import '@a/b/c'; import 'zod/v4'; import 'left-pad'; import './b.js';`,
    }),
    ['zod', '@a/b'],
  );
  t.strictSame(found, ['base/a.ts: imports left-pad, which package.json does not list']);
  t.end();
});

t.test('files without tests and tests without files are found', (t) => {
  const files = {
    'main.ts': 'run();',
    'base/a.ts': 'export const a = 1;',
    'base/b.ts': 'export function b() {}',
    'base/types.ts': `import type { A } from './a.js'; import { type B } from './b.js';\nexport interface C {}\nexport type { A };`,
    'base/mixed.ts': 'export interface D {} export enum E {}',
    'base/data.ts': `export const A = 1; export const B = new Set(['x']); const C = { d: [1, true] } as const;`,
    'base/computed.ts': 'export const A = Date.now();',
  };
  const tests = [
    'base/a.test.ts',
    'base/gone.test.ts',
    'e2e/run.test.ts',
    'helpers/x.test.ts',
    'structure.test.ts',
    'fixture.ts',
  ];
  const entries = {
    'main.ts': 'e2e/run.test.ts',
    'base/types.ts': 'e2e/run.test.ts',
    'old.ts': 'e2e/run.test.ts',
  };
  t.strictSame(rules.mirrorRule(tree(t, files), tests, entries), [
    'base/b.ts: has no test/base/b.test.ts',
    'base/computed.ts: has no test/base/computed.test.ts',
    'base/mixed.ts: has no test/base/mixed.test.ts',
    'base/types.ts: runs nothing and needs no test',
    'old.ts: is listed as an entry, but is not there',
    'test/base/gone.test.ts: tests no file of that name',
  ]);
  t.strictSame(rules.mirrorRule(tree(t, { 'main.ts': 'run();' }), [], { 'main.ts': 'e2e/missing.test.ts' }), [
    'main.ts: has no test/e2e/missing.test.ts',
  ]);
  t.end();
});

t.test('long files and a long median are found', (t) => {
  const lines = (count: number) => 'x;\n'.repeat(count);
  t.strictSame(rules.sizeRule(tree(t, { 'a.ts': lines(400), 'b.ts': lines(119), 'c.ts': lines(10) })), []);
  t.strictSame(rules.sizeRule(tree(t, { 'a.ts': lines(401), 'b.ts': lines(120), 'c.ts': lines(10) })), [
    'a.ts: has 401 lines, more than 400',
    'the median file has 120 lines; below 120 is wanted',
  ]);
  t.end();
});

t.test('names that say nothing, default exports and missing headers are found', (t) => {
  const header = '/** What this file is, in a sentence. */\n';
  const long = `/**\n${' * line of a header\n'.repeat(9)} */\n`;
  const found = tree(t, {
    'base/index.ts': `${header}export default 5;`,
    'base/utils.ts': `${header}const a = 1; export { a as default };`,
    'base/camelCase.ts': `#!/usr/bin/env node\n${header}export default function f() {}`,
    'base/good-name.ts': `${header}export class Good {}`,
    'base/bare.ts': `// A line.\nexport {};`,
    'base/empty.ts': '/** Empty. */',
    'base/long.ts': long,
  });
  t.strictSame(rules.nameRule(found), [
    'base/camelCase.ts: is not in kebab-case',
    'base/index.ts: is an index file',
    'base/utils.ts: says nothing by its name',
  ]);
  t.strictSame(
    rules.exportRule(found).map((line) => line.split(':')[0]),
    ['base/camelCase.ts', 'base/index.ts', 'base/utils.ts'],
  );
  t.strictSame(rules.headerRule(found), [
    'base/bare.ts: opens without a header comment',
    'base/empty.ts: has a header that says nothing',
    'base/long.ts: has a header of 11 lines',
  ]);
  t.end();
});

t.test('paths of a machine and undocumented codes are found', (t) => {
  const files: [string, string][] = [
    ['a', 'ok\nsee /home/me/x'],
    ['b', 'relative ./home/me/x and $DIR/home/me/'],
    ['c', '"/home/me/"'],
  ];
  t.strictSame(rules.machinePathRule(files, '/home/me/'), ['a:2: names /home/me/', 'c:1: names /home/me/']);
  t.strictSame(rules.undocumentedCodes(['A_B', 'A'], '| `A_B` |'), ['A']);
  t.end();
});
