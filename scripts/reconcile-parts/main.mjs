/** `scripts/reconcile`: reads the command line, listens or reads a recording, prints, and chooses the exit status. */
import { Ledger } from './ledger.mjs';
import { reconcileOptions } from './options.mjs';
import { recorded } from './recording.mjs';
import { reportText } from './report-text.mjs';
import { subscribed, subscriptionOf } from './subscription.mjs';

let options;
try {
  options = reconcileOptions(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`USAGE: ${error.message}\n  see: scripts/reconcile --help\n`);
  process.exit(2);
}

const say = (text) => process.stderr.write(`${text}\n`);
let report;
try {
  report = await (options.from === undefined ? listen(options) : read(options));
} catch (error) {
  say(`RECONCILE: ${error.message}`);
  process.exit(1);
}
process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : reportText(report, options));
process.exit(report.proven ? 0 : 1);

async function read({ from, base, fromStart, qos0 }) {
  const ledger = new Ledger({ base, fromStart });
  for await (const message of recorded(from)) ledger.take(message);
  return ledger.report({ qos0 });
}

async function listen({ forS, quietS, fromStart, qos0, ...where }) {
  const subscription = await subscriptionOf(where);
  const ledger = new Ledger({ base: subscription.base, fromStart });
  let heardAt = performance.now();
  const take = (message) => {
    heardAt = performance.now();
    ledger.take(message);
  };
  const { close } = await subscribed(subscription, { take, say });
  say(`listening to ${subscription.filters.join(', ')}${(forS ?? quietS) ? '' : '; Ctrl-C ends'}`);
  const begun = performance.now();
  heardAt = begun;
  await new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, resolve);
    setInterval(() => {
      const now = performance.now();
      if (now - begun >= (forS ?? Infinity) * 1000 || now - heardAt >= (quietS ?? Infinity) * 1000) resolve();
    }, 50);
  });
  await close();
  return ledger.report({ qos0 });
}
