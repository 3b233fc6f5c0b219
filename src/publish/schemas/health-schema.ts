/** The message of `health`: figures of the machine, the processes and the cameras. */
import { z } from 'zod';
import { amount, byName, count, flag, head, number, text, time } from './schema-fields.js';

const state = z.enum(['ok', 'degraded', 'stuck']).describe('stuck: only a restart of it would help.');
const mb = (what: string) => amount(`${what}, in MB of 1,000,000 bytes.`).exactOptional();

const series = z.object({
  mb: number('The newest sample, in MB of 1,000,000 bytes.'),
  verdict: text('warming up, steady, step, saw-tooth, rising, leak or shrinking.'),
  mb_per_hour: number('Growth in MB per hour; above 0 when memory is being lost.'),
  limit_reached_in_s: count(
    'Seconds until the limit is reached at this slope; only for a leak.',
  ).exactOptional(),
  reason: text('The verdict in a sentence with its numbers.').exactOptional(),
});

const process = z.object({
  name: text('daemon, worker, next worker or builder.'),
  pid: count('Number of the process.'),
  rss_mb: mb('Resident memory'),
  pss_mb: mb('Its share of resident memory'),
  swap_mb: mb('Memory that was swapped out'),
  gpu_mb: mb('Memory of the GPU'),
});

const percent = (what: string) => amount(`${what}, in percent.`).exactOptional();

const machine = z.object({
  memory_mb: mb('Memory of the machine'),
  available_mb: mb('Memory that could still be had'),
  swap_used_mb: mb('Swap in use'),
  memory_pressure_percent: percent('Part of the last ten seconds in which something waited for memory'),
  gpu_used_mb: mb('Memory of the GPU in use by all processes'),
  gpu_memory_mb: mb('Memory of the card; boards share that of the machine'),
  gpu_load_percent: percent('Load of the GPU'),
  gpu_clock_mhz: amount('Clock of the GPU, in MHz.').exactOptional(),
  cpu_clock_mhz: amount('Clock of the processor, in MHz.').exactOptional(),
  temperatures_c: byName(
    number('Degrees Celsius.'),
    'Temperatures by name of the sensor; of several with one name the hottest.',
  ),
  throttled_by: z
    .array(text('A cause.'))
    .describe('What holds clocks down; empty when nothing does, absent where nothing can tell.')
    .exactOptional(),
  power_mode: text('Power mode of the board.').exactOptional(),
});

const camera = z.object({
  state: text('As in its own status.'),
  fps: amount('Analysed frames per second.').exactOptional(),
  last_frame_age_ms: count('Age of the newest frame, in milliseconds.').exactOptional(),
  analysed: count('Frames analysed since the daemon started.'),
  dropped: count('Frames that it delivered and that were never analysed, since the daemon started.'),
  drops: byName(
    count('How many.'),
    'The same by cause: replaced by a newer one while the model was busy, paced, backlog or closed.',
  ),
  reconnects: count('How often it had to be opened again since the daemon started.'),
});

const remedy = z.object({
  act: text('recycle, slow down, speed up, restart or reboot.'),
  cause: text('Short, one of few: leak, memory limit, hot …'),
  reason: text('One sentence with the numbers.'),
  ts: time('When it was done, or since when it waits; RFC 3339 in UTC.'),
});

const trace = (what: string) =>
  z
    .array(z.number().nullable().describe('Null where nothing is known.'))
    .describe(`${what}; oldest first.`)
    .exactOptional();

const outbox = z
  .object({
    mode: z.enum(['disk', 'memory']).describe('Where messages wait: memory when the disk cannot be used.'),
    waiting: count('Messages that wait to be delivered.'),
    bytes: count('Size of what waits, in bytes.'),
    oldest_age_s: count(
      'Age of the oldest of them, in seconds in which the daemon ran; looked at each minute.',
    ).exactOptional(),
    stored: count('Messages that were stored since the daemon started.'),
    acknowledged: count('Messages that the broker has, since the daemon started.'),
    lost: byName(count('How many.'), 'Messages that will never come, since the daemon started, by cause.'),
    replaying: flag('Messages from before are being sent.'),
  })
  .describe('Stored messages on their way to the broker.')
  .exactOptional();

export const healthSchema = z.object({
  ...head,
  ts: time('When the figures were taken, RFC 3339 in UTC.'),
  uptime_s: count('Seconds since the daemon started.'),
  loop_delay_ms: count(
    'Longest time that the daemon could not do anything, in milliseconds.',
  ).exactOptional(),
  services: byName(
    z.object({ state, reason: text('Why, in a clause; absent when ok.').exactOptional() }),
    'Parts of the daemon by name.',
  ),
  machine: machine.describe('The machine; what is not known is left out.'),
  processes: z.array(process).describe('The processes of detectd.'),
  memory: byName(series, 'What leak detection says of each series of memory.'),
  cameras: byName(camera, 'Figures of each camera.'),
  worker: z
    .object({
      state: text('State of the process that detects.'),
      failures: byName(count('How many.'), 'Workers that ended otherwise than in order, by error code.'),
      waiting_frames: count('Frames that wait for their turn or are with the model.').exactOptional(),
      unsent_results: count('Results that the daemon did not take yet.').exactOptional(),
    })
    .describe('The process that detects.'),
  mqtt: z
    .object({
      published: count('Detections messages handed to a connection since the daemon started.'),
      dropped: count('Detections messages that were not, since the daemon started.'),
      reconnects: count('Connections to the broker after the first.'),
      queued_bytes: count('Given to the connection but not yet taken by the system, in bytes.'),
    })
    .describe('Messages to the broker.'),
  outbox,
  remedies: z
    .object({
      taken: byName(
        byName(count('How often.'), 'By cause.'),
        'What was done about faults, by act and cause.',
      ),
      pending: remedy.describe('What is about to be done.').exactOptional(),
      last: remedy.describe('What was done last.').exactOptional(),
      max_rate: amount(
        'Analysed frames per second over all cameras are kept to this; absent when not slowed down.',
      ).exactOptional(),
    })
    .describe('What the daemon did about its own faults.'),
  history: z
    .object({
      interval_s: amount('Seconds between two values.'),
      available_mb: trace('Memory that could still be had, in MB'),
      worker_mb: trace('Memory of the worker, in MB'),
      gpu_mb: trace('Memory of the GPU in use, in MB'),
      fps: trace('Analysed frames per second over all cameras'),
      hottest_c: trace('The hottest sensor, in degrees Celsius'),
    })
    .describe('The last hour in small; a series of which nothing is known is left out.'),
  missing: byName(text('Why, in a clause.'), 'What did not answer.'),
});

export type HealthPayload = z.infer<typeof healthSchema>;
export type HealthSeries = z.infer<typeof series>;
export type HealthProcess = z.infer<typeof process>;
export type HealthRemedy = z.infer<typeof remedy>;
