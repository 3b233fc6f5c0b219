/** A model that tells another number of classes apart than its infer_cfg.yml has labels. */
import { DetectdError } from '../../base/errors.js';

export function wrongLabels(classes: number, labels: number): DetectdError {
  return new DetectdError(
    'INFER_CFG_LABELS',
    `The model tells ${classes} classes apart, but label_list has ${labels} labels.`,
    'Use the infer_cfg.yml that was exported together with the model.',
  );
}
