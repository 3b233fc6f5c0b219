/** The table of codes: what scripts may rely on. */
import t from 'tap';
import { ERROR_CODES } from '../../dist/base/error-codes.js';

t.test('every code has its exit status and a sentence', (t) => {
  for (const [code, { exit, meaning }] of Object.entries(ERROR_CODES)) {
    t.match(code, /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/);
    t.ok(exit === 1 || exit === 2, code);
    t.match(meaning, /^\S.*[.]$/, code);
  }
  t.end();
});

t.test('wrong usage and configuration exit with 2, all else with 1', (t) => {
  const two = Object.entries(ERROR_CODES)
    .filter(([, { exit }]) => exit === 2)
    .map(([code]) => code);
  t.ok(
    two.every((code) => /^(USAGE|CONFIG_.*|COCO_ANNOTATIONS)$/.test(code)),
    two.join(),
  );
  t.ok(two.includes('USAGE') && two.includes('CONFIG_INVALID'));
  t.end();
});
