/** The sections `health` and `http` of the configuration: what the daemon does about its own health, and who may ask. */
import { z } from 'zod';

export const health = z
  .strictObject({
    interval_s: z
      .number()
      .min(0.1)
      .max(60)
      .default(10)
      .describe(
        'Seconds between two looks at memory, temperatures and clocks. The leak detector counts looks: its windows shrink and grow with this. Below 5 it costs more than one percent of a core and takes warming up for leaks.',
      ),
    recycle: z
      .boolean()
      .default(true)
      .describe('Let a fresh worker take over, without a gap, from one that leaks or takes too much memory.'),
    quiet_s: z
      .number()
      .min(0)
      .max(3600)
      .default(20)
      .describe(
        'What can wait is done when no camera has seen an object for this many seconds, at the latest at half the time that is left.',
      ),
    worker_memory_mb: z
      .number()
      .int()
      .min(64)
      .max(1_000_000)
      .optional()
      .meta({
        description:
          'A worker with more memory than this, of host or GPU, is replaced. Default: only when the machine runs short.',
        examples: [2048],
      }),
    min_free_mb: z
      .number()
      .int()
      .min(0)
      .max(1_000_000)
      .default(256)
      .describe('The machine is short of memory when less than this can be had; 0: never.'),
    slow_down: z
      .boolean()
      .default(true)
      .describe('Analyse fewer frames while the machine is too hot or short of memory.'),
    max_temp_c: z
      .number()
      .min(30)
      .max(125)
      .optional()
      .meta({
        description:
          'Too hot is a sensor above this. Default: above where the kernel begins to hold clocks down.',
        examples: [85],
      }),
    restart: z
      .boolean()
      .default(true)
      .describe('As a systemd service: end and be started again when nothing less helps.'),
    reboot: z
      .boolean()
      .default(false)
      .describe('Ask for a reboot when not even that helps; needs `scripts/install --allow-reboot`.'),
  })
  .describe('What is done before a fault hurts.');

export const http = z
  .strictObject({
    enabled: z.boolean().default(true).describe('Serve /metrics (Prometheus), /healthz and /readyz.'),
    host: z
      .string()
      .min(1)
      .default('127.0.0.1')
      .describe('Address that it listens on. Any other than loopback is open to the network.'),
    port: z.number().int().min(0).max(65_535).default(9847).describe('Its port; 0 takes a free one.'),
    textfile: z
      .string()
      .min(1)
      .optional()
      .meta({
        description: "File for node_exporter's textfile collector, ending with .prom; written once a minute.",
        examples: ['/var/lib/prometheus/node-exporter/detectd.prom'],
      }),
  })
  .describe('Metrics for programs, over HTTP.');
