/**
 * Reads tap's output and prints what a person wants of it: a line per file, each failure with its
 * diagnostics, each skip with its reason. Writes `passed failed skipped` to the file given: a test is a
 * subtest without subtests of its own; what fails outside of one counts as one failure.
 */
import { writeFileSync } from 'node:fs';
import { Parser } from 'tap-parser';

const ESCAPE = String.fromCharCode(27);
// A child process of a test that writes terminal codes must not end up in the middle of the report.
const plain = (text) => String(text).replaceAll(new RegExp(`${ESCAPE}\\[[0-9;?]*[A-Za-z]`, 'g'), '');
const print = (text) => process.stdout.write(`${plain(text)}\n`);

class Counter {
  passed = 0;
  failed = 0;
  skipped = 0;
  #path;
  #subtests = 0;
  #okHere = 0;
  #last;

  constructor(parser, path) {
    this.#path = path;
    parser.on('child', (child) => {
      this.#subtests += 1;
      this.#last = new Counter(child, [...path, child.name]);
    });
    parser.on('assert', (result) => this.#assert(result));
    parser.on('plan', (plan) => {
      if (plan.end === 0 || plan.comment) this.#skipAll = plan.comment;
    });
    parser.on('bailout', (reason) => this.#fail('bail out', { reason }));
  }

  #skipAll;

  #assert(result) {
    const child = this.#last;
    this.#last = undefined;
    if (child !== undefined) {
      child.finish(result);
      this.passed += child.passed;
      this.failed += child.failed;
      this.skipped += child.skipped;
      if (this.#path.length === 0) child.#line(result);
    } else if (result.skip || result.todo) {
      this.skipped += 1;
      const reason = [result.skip, result.todo].find((text) => typeof text === 'string') ?? 'no reason given';
      print(`  skipped: ${[...this.#path, result.name].join(' > ')} (${reason})`);
    } else if (!result.ok) this.#fail(result.name, result.diag);
    else this.#okHere += 1;
  }

  /** The end of this subtest, with the result that its parent was given. */
  finish(result) {
    if (result.skip && this.#subtests + this.#okHere === 0) {
      this.skipped += 1;
      print(`  skipped: ${this.#path.join(' > ')} (${result.skip === true ? this.#skipAll : result.skip})`);
    } else if (!result.ok && this.failed === 0) this.#fail('did not end as planned', result.diag);
    // Assertions are not tests: a subtest that has none below it is one test, however many it makes.
    if (this.#subtests === 0) {
      this.failed = Math.min(1, this.failed);
      if (this.failed === 0 && (this.skipped === 0 || this.#okHere > 0)) this.passed += 1;
    }
  }

  #fail(name, diag) {
    this.failed += 1;
    print(`  FAILED: ${[...this.#path, name].join(' > ')}`);
    for (const line of describe(diag)) print(`      ${line}`);
  }

  #line(result) {
    const mark = this.failed > 0 ? 'FAILED' : 'ok';
    const skipped = this.skipped > 0 ? `, ${this.skipped} skipped` : '';
    print(
      `${mark} ${this.#path.join(' ')}: ${this.passed} passed${skipped} (${Math.round(result.time ?? 0)} ms)`,
    );
  }
}

function describe(diag) {
  if (diag === undefined || diag === null) return [];
  const text = typeof diag === 'string' ? diag : JSON.stringify(diag, undefined, 2).replaceAll('\\n', '\n');
  return text.split('\n').slice(0, 80);
}

const parser = new Parser();
const all = new Counter(parser, []);
parser.on('complete', (results) => {
  // Something is wrong with the run itself, and no test says what.
  if (all.failed === 0 && (!results.ok || all.passed + all.skipped === 0)) {
    all.failed += 1;
    print('  FAILED: tap did not end as planned');
    for (const failure of results.failures) for (const line of describe(failure)) print(`      ${line}`);
  }
  writeFileSync(process.argv[2], `${all.passed} ${all.failed} ${all.skipped}\n`);
  process.exitCode = all.failed > 0 ? 1 : 0;
});
process.stdin.pipe(parser);
