/** Faults of zones and lines that no single value shows: edges that cross, no area, ends that are one point, numbers the wrong way round. */
import { area, crossingEdges, type Point } from '../core/polygon.js';
import type { Finding } from './problem.js';

type Mapping = Record<string, unknown>;

/** Of the picture; less is a slip of the pen. */
const LEAST_AREA = 1e-5;
const LEAST_LENGTH = 1e-3;

/** Findings of one camera of a parsed and otherwise unchecked configuration. */
export function checkPlaces(camera: string, value: Mapping, tracking: boolean): Finding[] {
  const zones = Object.entries(mapping(value['zones']));
  const lines = Object.entries(mapping(value['lines']));
  const untracked = !tracking && zones.length + lines.length > 0;
  const key = zones.length > 0 ? 'zones' : 'lines';
  return [
    ...zones.flatMap(([name, zone]) => checkZone(camera, name, mapping(zone))),
    ...lines.flatMap(([name, line]) => checkLine(camera, name, mapping(line))),
    ...(untracked
      ? [
          at(
            ['cameras', camera, key],
            'is of no use while "tracking.enabled" is false: only objects that are followed can be in a zone or cross a line',
            'key',
          ),
        ]
      : []),
  ];
}

function checkZone(camera: string, name: string, zone: Mapping): Finding[] {
  const path = ['cameras', camera, 'zones', name];
  const corners = points(zone['points']);
  const findings = checkSizes(path, zone);
  const { min = 0, max } = mapping(zone['occupancy']);
  if (typeof min === 'number' && typeof max === 'number' && min > max)
    findings.push(at([...path, 'occupancy', 'min'], `is ${min}, and "max" only ${max}`));
  if (corners === undefined || corners.length < 3) return findings;
  const crossing = crossingEdges(corners);
  const edge = (index: number): string => `${index + 1} to ${((index + 1) % corners.length) + 1}`;
  if (crossing !== undefined)
    findings.push(
      at(
        [...path, 'points'],
        `crosses itself: the edges from point ${edge(crossing[0])} and ${edge(crossing[1])} meet`,
      ),
    );
  else if (area(corners) < LEAST_AREA) findings.push(at([...path, 'points'], 'encloses next to nothing'));
  return findings;
}

function checkLine(camera: string, name: string, line: Mapping): Finding[] {
  const path = ['cameras', camera, 'lines', name];
  const findings = checkSizes(path, line);
  const [from, to] = points(line['points']) ?? [];
  if (from !== undefined && to !== undefined && Math.hypot(to[0] - from[0], to[1] - from[1]) < LEAST_LENGTH)
    findings.push(at([...path, 'points'], 'begins where it ends'));
  return findings;
}

function checkSizes(path: string[], { min_area: min = 0, max_area: max = 1 }: Mapping): Finding[] {
  if (typeof min !== 'number' || typeof max !== 'number' || min < max) return [];
  return [at([...path, 'min_area'], 'leaves nothing below "max_area"')];
}

function at(path: string[], clause: string, where: Finding['at'] = 'value'): Finding {
  return { path, at: where, message: `"${path.join('.')}" ${clause}` };
}

function points(value: unknown): Point[] | undefined {
  const valid = (one: unknown): one is Point =>
    Array.isArray(one) &&
    one.length === 2 &&
    one.every((each) => typeof each === 'number' && Number.isFinite(each));
  return Array.isArray(value) && value.every(valid) ? value : undefined;
}

function mapping(value: unknown): Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Mapping) : {};
}
