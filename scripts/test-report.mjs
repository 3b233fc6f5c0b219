/**
 * Reads the TAP of test processes and prints what a person wants of it: a line per file, each failure with
 * its diagnostics, each skip with its reason. A test is a subtest without subtests of its own; what fails
 * outside of one counts as one failure.
 */
import { Parser } from 'tap-parser';

const ESCAPE = String.fromCharCode(27);
// A child process of a test that writes terminal codes must not end up in the middle of the report.
const plain = (text) => String(text).replaceAll(new RegExp(`${ESCAPE}\\[[0-9;?]*[A-Za-z]`, 'g'), '');
const print = (text) => process.stdout.write(`${plain(text)}\n`);

export class Counter {
  passed = 0;
  failed = 0;
  skipped = 0;
  /** Files whose end was read. */
  files = new Set();
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
    parser.on('bailout', (reason) => this.fail('bail out', { reason }));
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
      if (this.#path.length === 0) {
        this.files.add(result.name);
        child.line(result.time);
      }
    } else if (result.skip || result.todo) {
      this.skipped += 1;
      const reason = [result.skip, result.todo].find((text) => typeof text === 'string') ?? 'no reason given';
      print(`  skipped: ${[...this.#path, result.name].join(' > ')} (${reason})`);
    } else if (!result.ok) this.fail(result.name, result.diag);
    else this.#okHere += 1;
  }

  /** The end of this subtest, with the result that its parent was given. */
  finish(result) {
    if (result.skip && this.#subtests + this.#okHere === 0) {
      this.skipped += 1;
      print(`  skipped: ${this.#path.join(' > ')} (${result.skip === true ? this.#skipAll : result.skip})`);
    } else if (!result.ok && this.failed === 0) this.fail('did not end as planned', result.diag);
    // Assertions are not tests: a subtest that has none below it is one test, however many it makes.
    if (this.#subtests === 0) {
      this.failed = Math.min(1, this.failed);
      if (this.failed === 0 && (this.skipped === 0 || this.#okHere > 0)) this.passed += 1;
    }
  }

  /** A failure of `name`, below the path of this counter. */
  fail(name, diag) {
    this.failed += 1;
    print(`  FAILED: ${[...this.#path, name].join(' > ')}`);
    for (const line of describe(diag)) print(`      ${line}`);
  }

  /** The end of this file, which had a process of its own; `fault` tells what that died of. */
  finishFile(results, fault) {
    const counted = this.#subtests + this.#okHere + this.failed + this.skipped;
    // A failed test ends its process with a status of its own: no second failure.
    if (this.failed > 0) return;
    if (fault !== undefined) this.fail('the process failed', fault);
    else if (counted === 0) this.fail('the file has no tests');
    else if (!results.ok) this.fail('did not end as planned', results.failures);
    else if (this.#subtests === 0 && this.#okHere > 0) this.passed += 1;
  }

  /** The line of this file. */
  line(time) {
    const mark = this.failed > 0 ? 'FAILED' : 'ok';
    const skipped = this.skipped > 0 ? `, ${this.skipped} skipped` : '';
    print(`${mark} ${this.#path.join(' ')}: ${this.passed} passed${skipped} (${Math.round(time ?? 0)} ms)`);
  }
}

/** Counts what a stream of TAP says from the file or folder `path` on; `results` resolves at its end. */
export function readTap(stream, path) {
  const parser = new Parser();
  const counter = new Counter(parser, path);
  const results = new Promise((resolve) => parser.on('complete', resolve));
  stream.pipe(parser);
  return { counter, results };
}

function describe(diag) {
  if (diag === undefined || diag === null) return [];
  const text = typeof diag === 'string' ? diag : JSON.stringify(diag, undefined, 2).replaceAll('\\n', '\n');
  return text.split('\n').slice(0, 80);
}
