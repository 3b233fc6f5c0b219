/** The command line as a whole. */
import t from 'tap';
import { Interruption } from '../../dist/commands/interruption.js';
import { program } from '../../dist/commands/program.js';
import { type RecordedIo, recordedIo } from '../helpers/recorded-io.js';

async function typed(...args: string[]): Promise<{ io: RecordedIo; error: unknown }> {
  const io = recordedIo();
  const root = await program(io, new Interruption(process, () => {}), args);
  const error = await root.parseAsync(args, { from: 'user' }).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return { io, error };
}

t.test('every command is there and says what it does', async (t) => {
  const { io, error } = await typed('--help');
  t.match(error, { exitCode: 0 });
  for (const name of ['run', 'detect', 'doctor', 'config', 'status', 'models', 'selftest', 'bench'])
    t.match(io.text('out'), new RegExp(`^  ${name} .*\\w`, 'm'));
});

t.test('each command explains its options', async (t) => {
  const { io } = await typed('detect', '--help');
  for (const option of ['--bundle', '--threshold', '--json', '--output', '--threads', '--provider'])
    t.match(io.text('out'), option);
});

t.test('wrong usage is told as any other error, with the way to the help', async (t) => {
  for (const [args, said] of [
    [['fly'], "unknown command 'fly'"],
    [['detct'], 'Did you mean detect?'],
    [['detect', 'a.jpg'], "required option '--bundle <path>' not specified"],
    [['detect', '--bundle', 'b'], "missing required argument 'files'"],
    [['detect', '--bundle', 'b', 'a.jpg', '--thresh', '1'], "unknown option '--thresh'"],
    [['detect', '--bundle', 'b', 'a.jpg', '--threshold', 'nan'], 'a number from 0 to 1'],
    [['detect', '--bundle', 'b', 'a.jpg', '--threads', '100000'], 'from 0 to 256'],
    [['detect', '--bundle', 'b', 'a.jpg', '--provider', 'tpu'], 'one of auto, cpu'],
    [['detect', '--bundle', 'b', '--format', 'xml', 'a.jpg'], 'one of text, json, csv, coco'],
    [['detect', '--bundle', 'b', '--benchmark', '--repeats', '0'], 'from 1 to'],
    [['models', 'inspect'], "missing required argument 'bundle'"],
    [['models', 'pakc', 'x'], 'Did you mean pack?'],
    [['models', 'pack', 'x', '--version'], "option '--version <version>' argument missing"],
    [['doctor', '--timeout', '0'], 'from 1 to 600'],
    [['selftest', '--min-recall', '2'], 'a number from 0 to 1'],
    [['bench', '--bundle', 'b', '--video', 'v', '--rounds', '0'], 'from 1 to 100'],
  ] as [string[], string][]) {
    const { io, error } = await typed(...args);
    t.match(error, { name: 'CommanderError' }, args.join(' '));
    t.match(io.text('err'), /^USAGE: /);
    t.match(io.text('err'), said);
    t.match(io.text('err'), /\n {2}Run it with --help/);
    t.equal(io.text('out'), '');
  }
});

t.test('what was typed does not steer the terminal', async (t) => {
  const { io } = await typed('\x1b[2Jfly');
  t.match(io.text('err'), '\\x1b[2Jfly');
});
