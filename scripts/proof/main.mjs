/**
 * Runs the promises of an area one after the other and prints what, figure, limit and whether it holds. The
 * exit status is 1 when one falls short; what cannot be measured here says why and is no failure.
 */
import { cameras } from './cameras.mjs';
import { engines } from './engines.mjs';
import { firstLight } from './first-light.mjs';
import { health } from './health.mjs';
import { model } from './model.mjs';
import { ota } from './ota.mjs';
import { publishing } from './publishing.mjs';

const AREAS = { 'first-light': firstLight, model, engines, health, ota, publishing, cameras };
/** Options of one area alone. */
const OWN_FLAGS = { cameras: ['--short', '--write'] };

const [area, ...flags] = process.argv.slice(2);
const json = flags.includes('--json');
const options = {
  long: flags.includes('--long'),
  short: flags.includes('--short'),
  write: flags.includes('--write'),
};
const known = ['--long', '--json', ...(OWN_FLAGS[area] ?? [])];
const unknown = flags.find((flag) => !known.includes(flag));

if (area === undefined || AREAS[area] === undefined || unknown !== undefined) {
  const what = unknown === undefined ? `no area "${area ?? ''}"` : `unknown option ${unknown}`;
  process.stderr.write(
    `USAGE: ${what}.\n  scripts/prove AREA ${known.map((flag) => `[${flag}]`).join(' ')}, AREA: ${Object.keys(AREAS).join(', ')}\n`,
  );
  process.exit(2);
}

let short = 0;
for (const promise of await AREAS[area](options)) {
  const outcome = await keep(promise);
  if (outcome.state === 'falls short') short += 1;
  process.stdout.write(json ? `${JSON.stringify({ area, ...outcome })}\n` : line(outcome));
}
process.exit(short === 0 ? 0 : 1);

/** Measures one promise; a measurement that throws falls short with the message. */
async function keep({ what, limit, measure }) {
  try {
    const { figure, holds, impossible } = await measure();
    if (impossible !== undefined) return { what, limit, state: 'not possible here', why: impossible };
    return { what, limit, figure, state: holds ? 'holds' : 'falls short' };
  } catch (error) {
    return { what, limit, figure: String(error.message).slice(0, 300), state: 'falls short' };
  }
}

function line({ what, limit, figure, state, why }) {
  return `${state.padEnd(18)}${what}: ${figure ?? why} (limit: ${limit})\n`;
}
