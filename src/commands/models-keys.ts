/** `detectd models keys`: which keys are trusted here, and a new pair for whoever signs. */
import { chmod, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { writeFileAtomic } from '../base/atomic-file.js';
import type { CommandIo } from '../base/command-io.js';
import { DetectdError, messageOf } from '../base/errors.js';
import { printableText } from '../base/printable.js';
import { resolveFolders } from '../config/folders.js';
import type { Config } from '../config/schema.js';
import { publicKeyFile } from '../models/minisign-key.js';
import { makeSecretKey, secretKeyFile } from '../models/minisign-secret-key.js';
import { readStoredSlot } from '../models/model-store.js';
import { readTrustedKeys } from '../models/trust-keys.js';
import { loadAsDaemon } from './config-documents.js';
import type { Interruption } from './interruption.js';
import { readPassword } from './password-source.js';
import { textTable } from './text-table.js';

interface GenerateOptions {
  output: string;
  password: boolean;
  passwordFile?: string;
  replace: boolean;
  json: boolean;
}

interface KeyRow {
  /** As configured; null for one that is not any more. */
  entry: string | null;
  /** Null for one that cannot be read. */
  key_id: string | null;
  public_key: string | null;
  state: 'trusted' | 'unreadable' | 'not trusted';
  problem: string | null;
  /** That serve, and that it has signed. */
  models: string[];
}

export function keysCommand(io: CommandIo, interruption: Interruption): Command {
  const command = new Command('keys')
    .description('show which keys are trusted, or make a pair to sign with')
    .option('-c, --config <file>', 'configuration file; default: the one that "run" would read')
    .option('--json', 'print one JSON object', false)
    .action(({ config, json }: { config?: string; json: boolean }) =>
      interruption.guard(() => list(io, config, json)),
    );
  command
    .command('generate')
    .description('make a pair: FILE, which stays with whoever signs, and FILE.pub for the devices')
    .requiredOption('-o, --output <file>', 'secret key to make; the public key is put beside it')
    .option(
      '--password-file <file>',
      'file with its password (default: MINISIGN_PASSWORD_FILE, or it is asked for)',
    )
    .option('--no-password', 'do not lock it: whoever can read the file can sign')
    .option(
      '--replace',
      'replace keys that exist: what they have signed cannot be signed by them again',
      false,
    )
    .action((_options, generateCommand: Command) =>
      interruption.guard(async () => {
        await generate(io, generateCommand.optsWithGlobals<GenerateOptions>());
      }),
    );
  return command;
}

async function list(io: CommandIo, file: string | undefined, json: boolean): Promise<void> {
  const { config, path } = await loadAsDaemon(io, file);
  const keys = await readTrustedKeys(config.updates.keys);
  const signed = await signedModels(io, config);
  const rows: KeyRow[] = keys.map(({ entry, key, problem }) => ({
    entry,
    key_id: key?.id ?? null,
    public_key: key?.text ?? null,
    state: problem === undefined ? 'trusted' : 'unreadable',
    problem: problem?.message ?? null,
    models: (key && signed.get(key.id)) ?? [],
  }));
  for (const [id, models] of signed)
    if (!keys.some(({ key }) => key?.id === id))
      rows.push({ entry: null, key_id: id, public_key: null, state: 'not trusted', problem: null, models });
  if (json) io.out(`${JSON.stringify({ config: resolve(path), keys: rows })}\n`);
  else io.out(listText(rows));
  const bad = rows.find(({ problem }) => problem !== null);
  if (bad === undefined) return;
  throw new DetectdError(
    'KEY_INVALID',
    bad.problem as string,
    'Mend it or take it out of "updates.keys"; until then the other keys are trusted alone.',
  );
}

/** Models that serve, by the key that signed them. What cannot be read is said and left out. */
async function signedModels(io: CommandIo, config: Config): Promise<Map<string, string[]>> {
  const { state } = resolveFolders(config, { env: io.env });
  const signed = new Map<string, string[]>();
  for (const model of Object.keys(config.models)) {
    try {
      const { active } = await readStoredSlot(state, model);
      if (active?.signedBy === undefined) continue;
      signed.set(active.signedBy, [...(signed.get(active.signedBy) ?? []), model]);
    } catch (error) {
      io.err(printableText(`Which models were signed is not known: ${messageOf(error)}\n`));
      return signed;
    }
  }
  return signed;
}

function listText(rows: readonly KeyRow[]): string {
  if (rows.length === 0)
    return 'No key is trusted: models that are fetched need their sha256 in the configuration.\n';
  const cells = rows.map(({ key_id, state, models, entry }) => {
    return [key_id, state, models.length === 0 ? undefined : models.join(', '), entry];
  });
  const left = rows.some(({ state }) => state === 'not trusted')
    ? 'What a key that is not trusted any more has signed goes on serving; nothing new of it is taken.\n'
    : '';
  return `${textTable([['KEY', 'STATE', 'SERVES', 'FROM'], ...cells])}${left}`;
}

async function generate(io: CommandIo, options: GenerateOptions): Promise<void> {
  const secret = resolve(options.output);
  if (secret.endsWith('.pub'))
    throw new DetectdError(
      'USAGE',
      `${secret} is a name for the public key.`,
      'Give that of the secret key.',
    );
  const shared = `${secret.replace(/\.key$/, '')}.pub`;
  if (!options.replace) for (const path of [secret, shared]) await refuseExisting(path);
  const { env, err } = io;
  const password = options.password
    ? await readPassword({ file: options.passwordFile, env, err, fresh: true })
    : undefined;
  if (password !== undefined && io.errIsTerminal) err('Locking the key …\n');
  const key = makeSecretKey();
  const file = await secretKeyFile(key, password);
  try {
    await writeFileAtomic(secret, file, 0o600);
    // Whatever the mask of this process took away: it is for everybody.
    await writeFileAtomic(shared, publicKeyFile(key.publicKey));
    await chmod(shared, 0o644);
  } catch (error) {
    throw new DetectdError(
      'OUTPUT_UNWRITABLE',
      `The keys cannot be written: ${messageOf(error)}.`,
      'Give another --output.',
      { cause: error },
    );
  }
  const { id, text } = key.publicKey;
  const result = { secret_key: secret, public_key_file: shared, key_id: id, public_key: text };
  if (options.json) io.out(`${JSON.stringify(result)}\n`);
  else io.out(printableText(resultText(result, password !== undefined)));
}

async function refuseExisting(path: string): Promise<void> {
  const there = await stat(path).catch(() => undefined);
  if (there === undefined) return;
  throw new DetectdError('USAGE', `${path} exists already.`, 'Give another --output, or --replace.');
}

function resultText(
  { secret_key, public_key_file, key_id, public_key }: Record<string, string>,
  locked: boolean,
): string {
  const lines = [
    `made the key ${key_id}`,
    `  secret ${secret_key}: ${locked ? 'locked with the password' : 'not locked'}; keep a copy of it, and no device needs it`,
    `  public ${public_key_file}: ${public_key}`,
    '  On each device:',
    '    updates:',
    `      keys: [${public_key}]`,
  ];
  return `${lines.join('\n')}\n`;
}
