/**
 * The fault matrix as lines of `scripts/prove cameras`. With `write` the README's table, between its markers, is made anew
 * from this run; a run that is not whole writes nothing.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { LIMITS, rows, runMatrix } from './camera-matrix.mjs';
import { noCameraStage } from './camera-stage.mjs';

const README = new URL('../../README.md', import.meta.url);
const BEGIN = '<!-- the fault matrix, written by scripts/prove cameras --write -->';
const END = '<!-- the end of the fault matrix -->';
const LIMIT = `told ≤ ${LIMITS.toldMs / 1000} s, back ≤ ${LIMITS.backMs / 1000} s, the others lose ≤ ${100 * LIMITS.loss} %`;

export function run({ short = false, write = false } = {}) {
  let matrix;
  let impossible;
  /** One run serves all lines. */
  const outcomes = () => {
    matrix ??= whole({ short, write: write && !short });
    return matrix;
  };
  return rows({ short }).map(({ name, how }) => ({
    what: `camera fault: ${name} (${how})`,
    limit: LIMIT,
    measure: async () => {
      impossible ??= noCameraStage();
      if (impossible) return { impossible };
      const outcome = (await outcomes()).find((each) => each.name === name);
      return outcome.impossible ? outcome : { figure: figure(outcome), holds: outcome.holds };
    },
  }));
}

async function whole({ short, write }) {
  const total = rows({ short }).length;
  let count = 0;
  const onRow = ({ name }) => {
    count += 1;
    process.stderr.write(`fault ${count} of ${total} done: ${name}\n`);
  };
  const outcomes = await runMatrix({ short, onRow });
  if (write) writeTable(outcomes);
  return outcomes;
}

function writeTable(outcomes) {
  const text = readFileSync(README, 'utf8');
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error('README.md lacks the markers of the fault matrix');
  const table = faultTable(outcomes, loadavg()[0]);
  writeFileSync(README, `${text.slice(0, begin + BEGIN.length)}\n${table}\n${text.slice(end)}`);
}

/** Rows as Markdown. */
export function faultTable(outcomes, load) {
  const lines = outcomes.map((outcome) => {
    const { name, how, impossible, neverBack, toldMs, backMs, loss, holds, why } = outcome;
    const begin = `| ${name} | ${how} |`;
    if (impossible) return `${begin} not possible here: ${impossible} | | | | |`;
    const back = neverBack ? '–' : seconds(backMs);
    const verdict = holds ? 'holds' : `**falls short**: ${why.join(', ')}`;
    return `${begin} ${told(outcome)} | ${seconds(toldMs)} | ${back} | ${percent(loss)} | ${verdict} |`;
  });
  return [
    `| fault | how it was made | told as | told after, ≤ ${LIMITS.toldMs / 1000} s | back after, ≤ ${LIMITS.backMs / 1000} s | worst loss of another, ≤ ${100 * LIMITS.loss} % | |`,
    '|---|---|---|---|---|---|---|',
    ...lines,
    '',
    `Load of the machine at the end: ${load.toFixed(1)}.`,
  ].join('\n');
}

function figure(outcome) {
  const { neverBack, toldMs, backMs, loss, why } = outcome;
  const back = neverBack ? '' : `back after ${seconds(backMs)}, `;
  const shortcomings = why.length === 0 ? '' : `: ${why.join(', ')}`;
  return `${told(outcome)} after ${seconds(toldMs)}, ${back}the others lost ${percent(loss)}${shortcomings}`;
}

function told({ state, code, by }) {
  const fields = [code, by].filter((field) => field !== undefined);
  return [state ?? 'nothing', ...fields.map((field) => `\`${field}\``)].join(', ');
}

function seconds(ms) {
  return ms === undefined ? 'never' : `${(ms / 1000).toFixed(1)} s`;
}

function percent(share) {
  return `${(100 * share).toFixed(1)} %`;
}
