/** The files of config/schemas/ as text: the schemas, their TypeScript declarations, and what is recorded of a version. */
import { type CataloguedPayload, PAYLOAD_KINDS, PAYLOADS, payloadSchema } from './schema-catalogue.js';
import { schemaShape } from './schema-shape.js';
import { typeDeclarations } from './type-declarations.js';

/** Path below config/ and content of each. */
export function schemaFiles(schemaVersion: string): [string, string][] {
  const schemas = PAYLOAD_KINDS.map((kind): [string, string] => [
    `schemas/${kind}.json`,
    `${JSON.stringify(payloadSchema(kind), undefined, 2)}\n`,
  ]);
  return [
    ...schemas,
    ['schemas/payloads.d.ts', typeDeclarations(schemaVersion)],
    ['schemas/README.md', overview()],
  ];
}

/** What readers of this version rely on, a line each; never changed once the version is released. */
export function shapeFile(schemaVersion: string): { path: string; text: string } {
  return { path: `schemas/versions/${schemaVersion}.txt`, text: `${schemaShape().join('\n')}\n` };
}

function overview(): string {
  const rows = PAYLOAD_KINDS.map((kind) => {
    const { topic, what, type }: CataloguedPayload = PAYLOADS[kind];
    return `| [${kind}.json](${kind}.json) | \`${topic}\` | \`${type}\` | ${what} |`;
  });
  return `# Schemas

JSON Schemas (draft 2020-12) of every message, by topic below \`<base>/<device>/\`, and the same as TypeScript in
[payloads.d.ts](payloads.d.ts). Written by \`scripts/generate-config\`; the README of detectd says how versions change.
\`versions/\` is what each version promised to readers, for the test that holds the next one against it.

| file | topic | type | what |
|---|---|---|---|
${rows.join('\n')}
`;
}
