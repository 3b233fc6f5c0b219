/**
 * What no single value shows: names that refer to each other, sources that must parse, settings that
 * only some sources know. Runs on unchecked data, so that a file's other faults do not hide these.
 */
import { DetectdError } from '../base/errors.js';
import type { Source } from '../core/source.js';
import { nearestKey } from './nearest-key.js';
import type { Finding } from './problem.js';
import { parseSource } from './source.js';

type Mapping = Record<string, unknown>;

/** The findings of a parsed, interpolated and otherwise unchecked configuration. */
export function crossChecks(value: unknown): Finding[] {
  const root = mapping(value);
  const models = Object.keys(mapping(root['models']));
  return Object.entries(mapping(root['cameras'])).flatMap(([name, camera]) =>
    checkCamera(name, mapping(camera), models),
  );
}

function checkCamera(name: string, camera: Mapping, models: string[]): Finding[] {
  const findings: Finding[] = [];
  const path = (key: string) => ['cameras', name, key];
  const model = camera['model'];
  if (typeof model === 'string' && model !== '' && !models.includes(model)) {
    findings.push({
      path: path('model'),
      at: 'value',
      message: `"cameras.${name}.model" names a model that is not under "models"`,
      suggestion: nearestKey(model, models),
    });
  }
  const text = camera['source'];
  if (typeof text !== 'string' || text === '') return findings;
  let source: Source;
  try {
    source = parseSource(text, { rtspTransport: 'tcp', rtspLatencyMs: 200 });
  } catch (error) {
    const { message, hint } = DetectdError.from(error);
    const clause = message.replace(/^The source /, '').replace(/\.$/, '');
    const forms = clause.includes('known forms') && hint !== undefined ? ` (${hint.replace(/\.$/, '')})` : '';
    findings.push({
      path: path('source'),
      at: 'value',
      message: `"cameras.${name}.source" ${clause}${forms}`,
    });
    return findings;
  }
  for (const key of ['every_frame', 'loop']) {
    if (camera[key] !== true || source.kind === 'file') continue;
    findings.push({
      path: path(key),
      at: 'key',
      message: `"cameras.${name}.${key}" is for file sources only`,
    });
  }
  return findings;
}

function mapping(value: unknown): Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Mapping) : {};
}
