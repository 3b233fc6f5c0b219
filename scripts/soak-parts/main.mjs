/** `scripts/soak`: reads the command line, prints, and chooses the exit status. */
import { soakOptions } from './options.mjs';
import { faultLine, reportText } from './report.mjs';
import { soak } from './soak.mjs';

let options;
try {
  options = soakOptions(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`USAGE: ${error.message}\n  see: scripts/soak --help\n`);
  process.exit(2);
}

const ending = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => ending.abort());

const out = options.json ? process.stderr : process.stdout;
let results;
try {
  results = await soak(options, {
    signal: ending.signal,
    say: (text) => out.write(`${text}\n`),
    progress: (fault, stage, end) => out.write(faultLine(fault, stage, (end - performance.now()) / 60_000)),
  });
} catch (error) {
  process.stderr.write(`SOAK: ${error.message}\n`);
  process.exit(1);
}
process.stdout.write(options.json ? `${JSON.stringify(results)}\n` : reportText(results));
if (results.shortcomings.length + results.unresolved.length > 0) process.exit(1);
process.exit(results.interrupted ? 130 : 0);
