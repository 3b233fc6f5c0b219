/**
 * `detectd config rollout`: which devices a roll-out reaches, before it is published, and how evenly its hash spreads
 * them. It works by names alone; no device is asked.
 */
import { Command, InvalidArgumentError } from 'commander';
import { readBoundedFile } from '../base/bounded-file.js';
import type { CommandIo } from '../base/command-io.js';
import { DetectdError, systemCode } from '../base/errors.js';
import { rolloutBucket } from '../models/rollout.js';

interface RolloutOptions {
  seed: string;
  percent: number;
  devices?: string;
  json?: boolean;
}

export interface DeviceBucket {
  device: string;
  bucket: number;
  in: boolean;
}

export interface Spread {
  /** Devices by tenth of the buckets. */
  tenths: number[];
  /** Of the tenths against evenness; with 9 degrees of freedom 95 of 100 even spreads stay below 16.9. */
  chiSquare: number;
}

const MOST_BYTES = 16_777_216;
const MOST_DEVICES = 1_000_000;
/** Fewer say nothing about a spread. */
const FEWEST_SPREAD = 50;

export function configRolloutCommand(io: CommandIo): Command {
  return new Command('rollout')
    .description('show which devices a roll-out with this seed and percent reaches')
    .argument('[devices...]', 'names of devices')
    .requiredOption('--seed <text>', 'as in the document')
    .requiredOption('--percent <number>', 'as in the document, 0 to 100', percent)
    .option('--devices <file>', 'file with one name of a device a line')
    .option('--json', 'print one JSON object')
    .action(async (named: string[], options: RolloutOptions) => {
      const devices = [...new Set([...named, ...(await readDevices(options.devices))])];
      if (devices.length === 0)
        throw new DetectdError(
          'USAGE',
          'No device is named.',
          'Name devices, or give a list with --devices FILE.',
        );
      const buckets = bucketsOf(options.seed, options.percent, devices);
      const spread = devices.length < FEWEST_SPREAD ? undefined : spreadOf(buckets);
      io.out(options.json === true ? json(options, buckets, spread) : text(options, buckets, spread));
    });
}

/** In the order in which a growing percent reaches them. Pure. */
export function bucketsOf(seed: string, most: number, devices: readonly string[]): DeviceBucket[] {
  return devices
    .map((device) => ({ device, bucket: rolloutBucket(seed, device) }))
    .sort((a, b) => a.bucket - b.bucket)
    .map(({ device, bucket }) => ({ device, bucket: Math.round(bucket * 1000) / 1000, in: bucket < most }));
}

export function spreadOf(buckets: readonly Pick<DeviceBucket, 'bucket'>[]): Spread {
  const tenths = Array.from({ length: 10 }, () => 0);
  for (const { bucket } of buckets) {
    const tenth = Math.min(9, Math.floor(bucket / 10));
    tenths[tenth] = (tenths[tenth] ?? 0) + 1;
  }
  const even = buckets.length / 10;
  const chiSquare = tenths.reduce((sum, count) => sum + (count - even) ** 2 / even, 0);
  return { tenths, chiSquare: Math.round(chiSquare * 100) / 100 };
}

async function readDevices(file: string | undefined): Promise<string[]> {
  if (file === undefined) return [];
  try {
    const lines = (await readBoundedFile(file, MOST_BYTES)).toString('utf8').split(/\r?\n/);
    const names = lines.map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#'));
    if (names.length <= MOST_DEVICES) return names;
  } catch (error) {
    throw new DetectdError(
      'USAGE',
      `The list of devices ${file} cannot be read (${systemCode(error) ?? 'unknown'}).`,
      'Give a text file with one name a line.',
      { cause: error },
    );
  }
  throw new DetectdError('USAGE', `The list of devices ${file} has more than ${MOST_DEVICES} names.`);
}

function percent(value: string): number {
  const number = Number(value);
  if (!/^\d{1,3}(\.\d{1,9})?$/.test(value) || number > 100)
    throw new InvalidArgumentError('It must be a number from 0 to 100.');
  return number;
}

function json(
  { seed, percent: most }: RolloutOptions,
  buckets: DeviceBucket[],
  spread: Spread | undefined,
): string {
  const taking = buckets.filter((one) => one.in).length;
  const facts = { seed, percent: most, devices: buckets, taking, of: buckets.length };
  const told = spread && { tenths: spread.tenths, chi_square: spread.chiSquare };
  return `${JSON.stringify({ ...facts, ...(told === undefined ? {} : { spread: told }) })}\n`;
}

function text(
  { seed, percent: most }: RolloutOptions,
  buckets: DeviceBucket[],
  spread: Spread | undefined,
): string {
  const taking = buckets.filter((one) => one.in).length;
  const share = ((100 * taking) / buckets.length).toFixed(1);
  const lines = buckets.map(({ device, bucket, in: takes }) => {
    return `${takes ? 'in ' : 'out'}  ${bucket.toFixed(3).padStart(7)}  ${device}`;
  });
  lines.push(
    `${taking} of ${buckets.length} devices (${share} %) take part with seed "${seed}" at ${most} %`,
  );
  if (spread !== undefined)
    lines.push(
      `by tenths of the hash: ${spread.tenths.join(' ')} (chi-square ${spread.chiSquare}; below 16.9 is even)`,
    );
  return `${lines.join('\n')}\n`;
}
