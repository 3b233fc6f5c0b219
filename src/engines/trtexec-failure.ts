/**
 * Why trtexec built no engine, from how it ended and what it said, with the way out. One table, the most telling
 * sign first: a program that ran out of memory also says that parsing or building failed. What an installation lacks is
 * PROVIDER_UNAVAILABLE, which is tried again: putting it right need not change the key.
 */
import type { ErrorCode } from '../base/error-codes.js';
import { DetectdError } from '../base/errors.js';
import type { TrtexecOutput } from './trtexec-output.js';

/** How the process ended; `cause` is why it was made to. */
export interface TrtexecEnd {
  code: number | null;
  signal: NodeJS.Signals | null;
  cause: 'itself' | 'cancelled' | 'silent' | 'overdue' | 'other version';
}

/** What may help where nothing else was changed. */
export type Remedy = 'less memory' | 'new timing cache';

export interface TrtexecFailure {
  error: DetectdError;
  /** Undefined where another try would end the same way. */
  remedy: Remedy | undefined;
}

interface Sign {
  pattern: RegExp;
  code: ErrorCode;
  /** Completes "trtexec …"; `$1` is what the pattern caught. */
  what: string;
  hint: string;
  remedy?: Remedy;
}

const MEMORY_HINT =
  'Stop what else uses the GPU, work without a desktop, add swap on disk, or set provider: cpu for this model.';
export const DISK_HINT = 'Free space in the cache folder, or set paths.cache to a larger disk.';
const OTHER_PROVIDER = 'Set provider: cuda or cpu for this model.';

const SIGNS: readonly Sign[] = [
  {
    pattern: /^Unknown option: (\S+)/,
    code: 'ENGINE_BUILD',
    what: 'refused the option $1',
    hint: 'This version of TensorRT is not known to detectd; please report it, and set provider: cuda or cpu.',
  },
  {
    pattern: /out of memory|std::bad_alloc|OutOfMemory|insufficient (memory|workspace)/i,
    code: 'ENGINE_MEMORY',
    what: 'ran out of memory',
    hint: MEMORY_HINT,
    remedy: 'less memory',
  },
  {
    pattern:
      /Saving engine to file failed|Cannot write to FileStreamWriter|Cannot open engine file|(?:open|reading) engine file|No space left/,
    code: 'ENGINE_DISK',
    what: 'could not write the engine',
    hint: DISK_HINT,
  },
  {
    pattern: /TimingCache creation failed|[Tt]iming [Cc]ache.*(?:mismatch|corrupt|invalid)/,
    code: 'ENGINE_BUILD',
    what: 'could not read its timing cache',
    hint: 'Delete the timing cache; it is made again.',
    remedy: 'new timing cache',
  },
  {
    pattern: /error while loading shared libraries: ([^:\s]+)/,
    code: 'PROVIDER_UNAVAILABLE',
    what: 'cannot be run, as $1 is missing',
    hint: "Install TensorRT again; in a container, start it with NVIDIA's runtime.",
  },
  {
    pattern: /Could not open file|Failed to open the ONNX file/i,
    code: 'ENGINE_CANCELLED',
    what: 'could not read the model',
    hint: 'The cache folder was emptied while the engine was built; start again.',
  },
  {
    pattern: /Cannot create DLA engine, (.*)/,
    code: 'ENGINE_UNSUPPORTED',
    what: 'found no DLA core $1',
    hint: 'Leave out the DLA core, or name one that the module has.',
  },
  {
    pattern: /No importer registered for op|UNSUPPORTED_(NODE|GRAPH)|does not support UINT8/,
    code: 'ENGINE_UNSUPPORTED',
    what: 'cannot take the whole model',
    hint: OTHER_PROVIDER,
  },
  {
    pattern: /Failed to parse onnx file|Parsing model failed/,
    code: 'ENGINE_UNSUPPORTED',
    what: 'does not understand the model',
    hint: OTHER_PROVIDER,
  },
  {
    pattern: /Could not find any implementation for node (.*)/,
    code: 'ENGINE_UNSUPPORTED',
    what: 'has no kernel for a node of the model',
    hint: OTHER_PROVIDER,
  },
  {
    pattern:
      /CUDA (?:error|initialization failure)|no CUDA-capable device|CUDA driver version is insufficient/i,
    code: 'PROVIDER_UNAVAILABLE',
    what: 'cannot use the GPU',
    hint: '"detectd doctor" shows what of NVIDIA\'s is installed and visible here.',
  },
];

/** Only for a run that was no success. */
export function trtexecFailure(end: TrtexecEnd, output: TrtexecOutput): TrtexecFailure {
  const made = madeToEnd(end, output);
  if (made !== undefined) return made;
  const sign = SIGNS.find(({ pattern }) => output.errors.some((line) => pattern.test(line)));
  // Without a kernel that fits into memory there is none left.
  const starved = output.skippedTactics > 0 && output.errors.some((line) => /any implementation/.test(line));
  if (starved)
    return failure(
      'ENGINE_MEMORY',
      'left out every kernel of a node for want of memory',
      MEMORY_HINT,
      'less memory',
    );
  if (sign !== undefined) return fromSign(sign, output);
  if (end.signal !== null)
    return failure(
      'ENGINE_BUILD',
      `was ended by ${end.signal} while ${output.phase}`,
      `It happens with a damaged installation and with graphs that TensorRT cannot take. ${OTHER_PROVIDER}`,
    );
  const last = output.errors.at(-1);
  const status =
    output.verdict === undefined ? `ended with status ${end.code} and without a verdict` : 'failed';
  return failure(
    'ENGINE_BUILD',
    `${status} while ${output.phase}${last === undefined ? '' : `: ${last.slice(0, 300)}`}`,
    OTHER_PROVIDER,
  );
}

function madeToEnd(
  { cause, signal }: TrtexecEnd,
  { phase, version, verdict }: TrtexecOutput,
): TrtexecFailure | undefined {
  switch (cause) {
    case 'cancelled':
      return failure(
        'ENGINE_CANCELLED',
        `was stopped while ${phase}`,
        'Nothing was kept; the next start begins anew.',
      );
    case 'silent':
      return failure(
        'ENGINE_BUILD',
        `said nothing for too long while ${phase}, and was ended`,
        OTHER_PROVIDER,
      );
    case 'overdue':
      return failure('ENGINE_BUILD', `took too long, and was ended while ${phase}`, OTHER_PROVIDER);
    case 'other version':
      return failure(
        'PROVIDER_UNAVAILABLE',
        `is of TensorRT ${version?.join('.')}, and the library here is of another version`,
        'Install the package libnvinfer-bin of the same version as the library.',
      );
    case 'itself':
      if (signal !== 'SIGKILL' || verdict !== undefined) return undefined;
      return failure(
        'ENGINE_MEMORY',
        `was killed while ${phase}, as the kernel does when memory runs out`,
        MEMORY_HINT,
        'less memory',
      );
  }
}

function fromSign({ pattern, code, what, hint, remedy }: Sign, { errors }: TrtexecOutput): TrtexecFailure {
  const line = errors.find((each) => pattern.test(each)) ?? '';
  const caught = pattern.exec(line)?.[1] ?? '';
  const said = what.includes('$1') ? '' : `: ${line.slice(0, 300)}`;
  return failure(code, `${what.replace('$1', () => caught)}${said}`, hint, remedy);
}

function failure(code: ErrorCode, what: string, hint: string, remedy?: Remedy): TrtexecFailure {
  return { error: new DetectdError(code, `trtexec ${what.replace(/[.\s]+$/, '')}.`, hint), remedy };
}
