/** The types for subscribers: equal to those of the builders, and of use to a project that has nothing else. */
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import ts from 'typescript';
import type * as told from '../../../config/schemas/payloads.js';
import type { CameraStatusPayload } from '../../../dist/publish/schemas/camera-status-schema.js';
import type { CountsPayload } from '../../../dist/publish/schemas/counts-schema.js';
import type { DetectionsPayload } from '../../../dist/publish/schemas/detections-schema.js';
import type { HealthPayload } from '../../../dist/publish/schemas/health-schema.js';
import type { ModelStatePayload } from '../../../dist/publish/schemas/model-state-schema.js';
import type { ReportedPayload } from '../../../dist/publish/schemas/reported-schema.js';
import { typeDeclarations } from '../../../dist/publish/schemas/type-declarations.js';

/** Fails the type check where one type is not the other. */
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never;
const SAME: [
  Same<told.CameraStatusPayload, CameraStatusPayload>,
  Same<told.CountsPayload, CountsPayload>,
  Same<told.DetectionsPayload, DetectionsPayload>,
  Same<told.HealthPayload, HealthPayload>,
  Same<told.ModelStatePayload, ModelStatePayload>,
  Same<told.ReportedPayload, ReportedPayload>,
] = [true, true, true, true, true, true];

const SUBSCRIBER = `
import type { DetectionsPayload, HealthPayload } from 'detectd/payloads';
export function people(message: DetectionsPayload): number {
  const [x1]: readonly number[] = message.objects[0]?.bbox_px ?? [];
  return message.objects.filter(({ label, confidence }) => label === 'person' && confidence > 0.5).length + (x1 ?? 0);
}
export const hottest = ({ machine }: HealthPayload): number => Math.max(...Object.values(machine.temperatures_c));
`;

/** What the compiler says of each of these files, in a project with detectd installed. */
function compiled(folder: string, files: string[]): string[][] {
  const paths = files.map((file) => join(folder, file));
  const program = ts.createProgram(paths, {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2022.d.ts'],
    strict: true,
    noEmit: true,
    types: [],
  });
  return paths.map((path) =>
    ts
      .getPreEmitDiagnostics(program, program.getSourceFile(path))
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n')),
  );
}

t.test('a small TypeScript project takes its types from detectd/payloads', (t) => {
  const root = join(import.meta.dirname, '../../..');
  const folder = t.testdir({
    'package.json': '{ "type": "module" }',
    'good.ts': SUBSCRIBER,
    'bad.ts': `${SUBSCRIBER}export const wrong = (message: DetectionsPayload) => message.objekts;\n`,
    'deep.ts': `import { Daemon } from 'detectd/dist/daemon.js';\nexport { Daemon };\n`,
  });
  const installed = join(folder, 'node_modules/detectd');
  mkdirSync(join(installed, 'config'), { recursive: true });
  cpSync(join(root, 'package.json'), join(installed, 'package.json'));
  cpSync(join(root, 'config/schemas'), join(installed, 'config/schemas'), { recursive: true });
  const [good, bad, deep] = compiled(folder, ['good.ts', 'bad.ts', 'deep.ts']);
  t.strictSame(good, []);
  t.match(bad, [/Property 'objekts' does not exist/]);
  t.match(deep, [/Cannot find module/], 'the rest of the program is not offered');
  t.equal(SAME.length, 6);
  t.end();
});

t.test('every field carries its help text', (t) => {
  const text = typeDeclarations('3.2.1');
  t.match(text, "export type SchemaVersion = '3.2.1';");
  t.match(text, /\/\*\* Size of the original picture\. \*\/\n {2}image: \{/);
  t.match(text, 'bbox_px: [number, number, number, number];');
  t.match(text, 'worker_mb?: (number | null)[];');
  t.match(text, /export interface EventPayload \{[^}]*\[field: string\]: unknown;\n\}/);
  t.match(text, /export type DesiredPayload = \{[\s\S]*\} \| \{[\s\S]*minisig: string;\n\};/);
  t.notMatch(text, 'undefined');
  t.end();
});
