/**
 * Finds the documents that fit: all that should be in force, else without the newest, else what was in force, and only
 * where the local file itself has changed so that this no longer fits, with less. Tells why the others do not.
 */
import { DetectdError, type ErrorData } from '../base/errors.js';
import { printable } from '../base/printable.js';
import type { Overlay } from '../config/overlay.js';
import { ConfigError, formatProblem } from '../config/problem.js';
import { maskSecrets } from '../config/secrets.js';
import { type InForce, SCOPES } from './desired-book.js';
import type { DesiredDocument } from './desired-document.js';
import { desiredOverlay, documentName } from './desired-merge.js';

/** A wrong document may have thousands. */
const MOST_PROBLEMS = 20;
const LONGEST_PROBLEM = 400;

export class DesiredFitting {
  /** Of those that do not fit. */
  readonly why = new Map<DesiredDocument, ErrorData>();
  readonly #inForce: InForce;
  readonly #attempts: InForce[];
  #next = 0;

  constructor(wanted: InForce, inForce: InForce) {
    const { fleet, device } = wanted;
    this.#inForce = { ...inForce };
    const all: InForce[] = [
      { fleet, device },
      { fleet: inForce.fleet, device },
      { fleet, device: inForce.device },
      { fleet: inForce.fleet, device: inForce.device },
      { fleet: inForce.fleet },
      { device: inForce.device },
      {},
    ];
    this.#attempts = all.filter((one, index) => all.findIndex((other) => same(one, other)) === index);
  }

  /** What is to be tried now. */
  next(): InForce {
    return this.#attempts[this.#next] ?? {};
  }

  /** Lays these over the file, if it wants documents at all. Throws DESIRED_BAD_SIGNATURE for what must be signed now. */
  overlay(attempt: InForce): Overlay | undefined {
    const documents = SCOPES.flatMap((scope) => attempt[scope] ?? []);
    if (documents.length === 0) return undefined;
    return (content, local) => {
      const { desired, signed } = local.remote;
      const bare = documents.find(({ signedBy }) => signedBy === undefined);
      if (desired && signed && bare !== undefined) throw unsigned(bare);
      return desiredOverlay(desired ? documents : [])(content, local);
    };
  }

  /** Whether something else is to be tried; otherwise the fault is none of the documents'. */
  failed(attempt: InForce, error: DetectdError, secrets: readonly string[]): boolean {
    const ofDocuments =
      error instanceof ConfigError
        ? error.problems.every(({ origin }) => origin !== undefined)
        : error.code === 'DESIRED_BAD_SIGNATURE';
    const hasNew = SCOPES.some(
      (scope) => attempt[scope] !== undefined && attempt[scope] !== this.#inForce[scope],
    );
    if (error instanceof ConfigError && !ofDocuments) {
      this.#blame(attempt, localFault(error));
      return false;
    }
    if (!ofDocuments && !hasNew) return false;
    this.#blame(attempt, (document) => unfit(document, error, secrets));
    this.#next += 1;
    return this.#next < this.#attempts.length;
  }

  #blame(attempt: InForce, error: (document: DesiredDocument) => DetectdError): void {
    for (const scope of SCOPES) {
      const document = attempt[scope];
      if (document !== undefined && !this.why.has(document)) this.why.set(document, error(document).toData());
    }
  }
}

function unsigned(document: DesiredDocument): DetectdError {
  return new DetectdError(
    'DESIRED_BAD_SIGNATURE',
    `${documentName(document).replace(/^t/, 'T')} has no signature, and remote.signed asks for one.`,
    'Publish a signed one with a higher version.',
  );
}

function same(a: InForce, b: InForce): boolean {
  return SCOPES.every((scope) => a[scope] === b[scope]);
}

function localFault(error: ConfigError): () => DetectdError {
  const clause = error.problems.length === 1 ? 'a problem' : `${error.problems.length} problems`;
  return () =>
    new DetectdError(
      'DESIRED_INVALID',
      `The document cannot be taken while the local file has ${clause} of its own.`,
      'Repair the local file; `detectd config check` lists its problems.',
    );
}

function unfit(document: DesiredDocument, error: DetectdError, secrets: readonly string[]): DetectdError {
  const hint =
    'Publish a corrected one with a higher version; `detectd config check --desired FILE` tries it.';
  if (error.code === 'DESIRED_BAD_SIGNATURE') return error;
  const problems = error instanceof ConfigError ? error.problems : [];
  if (problems.length === 0) {
    const reason = maskSecrets(`${error.code}: ${error.message}`, secrets).slice(0, LONGEST_PROBLEM);
    return new DetectdError(
      'DESIRED_INVALID',
      `With ${documentName(document)} it would not run: ${reason}`,
      hint,
    );
  }
  const lines = problems
    .slice(0, MOST_PROBLEMS)
    .map((one) => printable(formatProblem('', one).slice(0, LONGEST_PROBLEM)));
  if (problems.length > MOST_PROBLEMS) lines.push(`and ${problems.length - MOST_PROBLEMS} more`);
  return new DetectdError(
    'DESIRED_INVALID',
    `The configuration would not be valid: ${lines.join('; ')}.`,
    hint,
  );
}
