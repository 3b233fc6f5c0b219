/** Native libraries repeat addresses in their messages, passwords included: what they say is masked before anybody reads it. */
import { DetectdError } from '../base/errors.js';
import { maskSecrets } from '../config/secrets.js';
import type { CameraReport } from '../ipc/protocol.js';

export function maskedError(error: DetectdError, secrets: Iterable<string>): DetectdError {
  return new DetectdError(error.code, maskSecrets(error.message, secrets), error.hint);
}

export function maskedReport(report: CameraReport, secrets: Iterable<string>): CameraReport {
  if (report.error === undefined) return report;
  return { ...report, error: maskedError(DetectdError.fromData(report.error), secrets).toData() };
}
