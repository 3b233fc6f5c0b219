/** `detectd models inspect`: what a bundle is, and whether it is whole. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import type { CommandIo } from '../base/command-io.js';
import { DetectdError } from '../base/errors.js';
import { type BundleReport, reportBundle } from './bundle-report.js';
import { bundleReportText } from './bundle-report-text.js';
import type { Interruption } from './interruption.js';

export function inspectCommand(io: CommandIo, interruption: Interruption): Command {
  return new Command('inspect')
    .description('tell what a bundle is: model, classes, pre-processing, files and digests')
    .argument('<bundle>', 'a folder or .tar.gz')
    .option('--json', 'print one JSON object', false)
    .action((path: string, { json }: { json: boolean }) =>
      interruption.guard(async () => {
        const scratchFolder = await mkdtemp(join(tmpdir(), 'detectd-'));
        try {
          const report = await reportBundle(path, scratchFolder);
          io.out(json ? `${JSON.stringify(report)}\n` : bundleReportText(report));
          refuseProblems(report);
        } finally {
          await rm(scratchFolder, { recursive: true, force: true });
        }
      }),
    );
}

/** Throws the bundle's problem; of several the first, with their number. */
export function refuseProblems({ path, problems }: Pick<BundleReport, 'path' | 'problems'>): void {
  const [first, ...others] = problems;
  if (first === undefined) return;
  if (others.length === 0) throw DetectdError.fromData(first);
  const list = problems.map(({ code, message }) => `\n  ${code}: ${message}`).join('');
  throw new DetectdError(first.code, `${path} has ${problems.length} problems:${list}`, first.hint);
}
