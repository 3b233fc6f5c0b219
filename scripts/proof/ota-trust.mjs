/**
 * Bad archives of models, each looked at as a device does before it takes one: every one is refused with its code, none
 * before the good one of the same bundle, and nothing comes out of any beside its folder.
 */

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Header } from 'tar';
import { checkArchive } from '../../dist/commands/archive-check.js';
import { makeSecretKey } from '../../dist/models/minisign-secret-key.js';
import { signPrehash } from '../../dist/models/minisign-sign.js';
import { claimComment } from '../../dist/models/trust-comment.js';
import { cases } from './programs.mjs';

const BUNDLE = 'config/bundles/shapes';
const NOW = Date.UTC(2026, 5, 1);
const DAY = 86_400_000;

/** What each of them refuses: the archive's bytes, its signature and the wish, changed from the good ones. */
const BAD = [
  [
    'truncated',
    'MODEL_BAD_SIGNATURE',
    { bytes: ({ good }) => good.subarray(0, good.length / 2), keepSignature: true },
  ],
  [
    'truncated before it was signed',
    'BUNDLE_ARCHIVE',
    { bytes: ({ good }) => good.subarray(0, good.length / 2) },
  ],
  ['wrong hash', 'MODEL_DIGEST', { wish: { target: { sha256: 'a'.repeat(64), version: undefined } } }],
  ['without signature', 'MODEL_UNSIGNED', { minisig: () => undefined }],
  ['wrong key', 'MODEL_UNTRUSTED', { signer: makeSecretKey() }],
  [
    'of another archive',
    'MODEL_BAD_SIGNATURE',
    { bytes: ({ good }) => Buffer.concat([good, good]), keepSignature: true },
  ],
  ['with a changed comment', 'MODEL_BAD_SIGNATURE', { minisig: (text) => text.replace('1.3.0', '1.4.0') }],
  ['with half a signature', 'MODEL_BAD_SIGNATURE', { minisig: (text) => text.slice(0, 200) }],
  ['with a page of a server for a signature', 'MODEL_BAD_SIGNATURE', { minisig: () => '<html>404</html>' }],
  ['expired', 'MODEL_EXPIRED', { claim: { expiresMs: NOW - DAY } }],
  ['older than allowed', 'MODEL_TOO_OLD', { wish: { highest: '1.3.1' } }],
  [
    'of another version than asked for',
    'MODEL_VERSION',
    { wish: { target: { sha256: undefined, version: '1.4.0' } } },
  ],
  ['signed as another version', 'MODEL_OTHER', { claim: { version: '1.4.0' } }],
  ['of another model', 'MODEL_OTHER', { wish: { active: { name: 'people', labels: [] } } }],
  ['with wrong classes', 'MODEL_CLASSES', { wish: { classes: ['person'] } }],
  [
    'bomb: a file of 4 GiB',
    'BUNDLE_ARCHIVE',
    { bytes: () => archive({ path: 'model.onnx', size: 2 ** 32 }) },
  ],
  [
    'bomb: zeros behind the end',
    'BUNDLE_ARCHIVE',
    { bytes: () => archive({ path: 'a' }, Buffer.alloc(2 ** 27)) },
  ],
  ['bomb: compressed twice', 'BUNDLE_ARCHIVE', { bytes: ({ good }) => gzipSync(good) }],
  [
    'bomb: 20,000 files',
    'BUNDLE_ARCHIVE',
    { bytes: () => archive(...Array.from({ length: 20_000 }, (_, at) => ({ path: `${at}` }))) },
  ],
  ['bomb: folders in folders', 'BUNDLE_ARCHIVE', { bytes: () => archive({ path: 'a/'.repeat(40) }) }],
  ...[
    ...['../evil', '/etc/evil', 'a/../../evil', '..', '.', 'C:\\evil', 'a\\..\\evil', 'a\nb'].map((path) => ({
      path,
    })),
    { path: 'link', type: 'SymbolicLink', linkpath: '/etc' },
    { path: 'link', type: 'Link', linkpath: '/etc/passwd' },
    { path: 'device', type: 'CharacterDevice' },
    { path: 'device', type: 'BlockDevice' },
    { path: 'pipe', type: 'FIFO' },
  ].map((entry) => [
    `path trick: ${entry.type ?? JSON.stringify(entry.path.slice(0, 20))}`,
    'BUNDLE_ARCHIVE',
    { bytes: () => archive(entry) },
  ]),
  ['path trick: a name twice', 'BUNDLE_ARCHIVE', { bytes: () => archive({ path: 'a' }, { path: './a' }) }],
];

export function otaTrust() {
  return [
    {
      what: `bad archives (${BAD.length}: damaged, not or wrongly signed, expired, too old, another model, bombs, path tricks)`,
      limit: 'each is refused with its code, nothing comes out of it',
      measure: badArchives,
    },
    {
      what: 'archives of random entries, links, devices, names and headers',
      limit: 'only files and folders come out, only below their folder',
      measure: () => cases('test/bundle/archive.test.ts'),
    },
    {
      what: 'keys and signatures against Debian’s minisign, both ways',
      limit: 'each takes what the other makes, and neither a changed one',
      measure: () =>
        spawnSync('minisign', ['-v']).error === undefined
          ? cases('test/e2e/models-verify.test.ts')
          : { impossible: 'minisign is not installed' },
    },
  ];
}

async function badArchives() {
  const folder = mkdtempSync(join(tmpdir(), 'detectd-proof-'));
  try {
    const good = goodArchive(folder);
    const taken = await look(folder, good, {});
    if (taken !== 'taken') return { figure: `the good one is refused: ${taken}`, holds: false };
    const wrong = [];
    for (const [name, code, change] of BAD) {
      const outcome = await look(folder, good, change);
      if (outcome !== code) wrong.push(`${name}: ${outcome}`);
    }
    const right = BAD.length - wrong.length;
    const figure = `${right} of ${BAD.length}${wrong.length === 0 ? '' : ` (${wrong.join('; ')})`}, the good one is taken`;
    return { figure, holds: wrong.length === 0 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const OURS = makeSecretKey();

/** `taken`, or the code that it is refused with. */
async function look(folder, good, { bytes, keepSignature, minisig, signer = OURS, claim, wish }) {
  const path = join(folder, 'a.tar.gz');
  const content = bytes?.({ good }) ?? good;
  const signed = keepSignature ? good : content;
  const comment = claimComment({
    ...{ name: 'shapes', version: '1.3.0', signedMs: NOW - 2 * DAY, expiresMs: NOW + DAY, ...claim },
    sha256: createHash('sha256').update(signed).digest('hex'),
  });
  const made = signPrehash(createHash('blake2b512').update(signed).digest(), comment, signer);
  const text = minisig === undefined ? made : minisig(made);
  writeFileSync(path, content);
  rmSync(`${path}.minisig`, { force: true });
  if (text !== undefined) writeFileSync(`${path}.minisig`, text);
  const before = readdirSync(folder).sort().join();
  const report = await checkArchive(path, {
    keys: [{ entry: OURS.publicKey.text, key: OURS.publicKey, problem: undefined }],
    wish: {
      ...{ model: 'shapes', target: { sha256: undefined, version: undefined }, classes: 'same' },
      ...{ downgrade: false, active: { name: 'shapes', labels: ['circle'] }, highest: '1.2.0' },
      ...wish,
    },
    ...{ samples: false, nowMs: NOW, env: process.env, signal: new AbortController().signal },
    ...{ onProgress: () => {}, bytes: content.length },
  });
  if (readdirSync(folder).sort().join() !== before) return 'something came out';
  return report.error?.code ?? 'taken';
}

function goodArchive(folder) {
  const path = join(folder, 'good.tar.gz');
  const args = ['models', 'pack', BUNDLE, '--version', '1.3.0', '--no-run', '-o', path];
  const { status, stderr } = spawnSync(process.execPath, ['dist/cli.js', ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return readFileSync(path);
}

/** Entries, and what follows their end; no tool writes some of them. */
function archive(...parts) {
  const blocks = parts
    .filter((part) => !Buffer.isBuffer(part))
    .map((part) => {
      const header = new Header({ type: 'File', mode: 0o644, size: 0, ...part });
      header.encode();
      return header.block;
    });
  return gzipSync(
    Buffer.concat([...blocks, Buffer.alloc(1024), ...parts.filter((part) => Buffer.isBuffer(part))]),
  );
}
