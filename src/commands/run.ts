/** `detectd run`: the daemon itself, until a signal ends it. */
import { Command } from 'commander';
import { limitBufferPool } from '../base/buffer-pool.js';
import type { CommandIo } from '../base/command-io.js';
import { keepHeapSmall } from '../base/small-heap.js';
import { findConfig } from '../config/folders.js';

interface RunOptions {
  config?: string;
  exitAtEnd: boolean;
  measureCpu: boolean;
}

export function runCommand(io: CommandIo): Command {
  return new Command('run')
    .description('run the daemon: cameras in, detections on MQTT')
    .option('-c, --config <file>', 'configuration file')
    .option('--exit-at-end', 'end when every source is a file and all have ended', false)
    .option('--measure-cpu', 'account CPU time by part (for benchmarks)', false)
    .action(async (options: RunOptions) => {
      const configPath = options.config ?? (await findConfig(io.env));
      keepHeapSmall();
      limitBufferPool();
      // Loaded only here: no other command needs the daemon's parts.
      const { runDaemon } = await import('../main.js');
      await runDaemon({ configPath, exitAtEnd: options.exitAtEnd, measureCpu: options.measureCpu });
    });
}
