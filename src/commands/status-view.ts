/**
 * The whole of `status` as lines for a width and, where it is given, a height: with little room the least important parts
 * go. Pure: what is drawn follows from the facts, the size and the time.
 */
import { age, UNKNOWN } from './figures-text.js';
import type { StatusFacts } from './status-facts.js';
import type { Room } from './status-parts.js';
import * as parts from './status-parts.js';
import { trendLines } from './status-trends.js';
import { cutLine, type Line, line, lineLength, type Span, span, type Tone, wrapped } from './styled-text.js';

export interface ViewContext {
  width: number;
  /** Undefined: as many lines as it takes. */
  height?: number | undefined;
  /** Now by the clock of the device, in milliseconds since the epoch. */
  nowMs: number;
  /** Of one who looks on for a while; undefined for one look. */
  link?: { connected: boolean; reason: string; heardMsAgo: number | undefined } | undefined;
}

interface Block {
  lines: Line[];
  /** Where room is short those with a small number come first; 0 is always there. */
  spare: number;
  /** Stands apart from the block before, where there is room. */
  apart?: boolean;
}

const TONES: Record<string, Tone> = { ready: 'good', stopped: 'bad', lost: 'bad' };
/** Figures come every 10 s as a rule; older than this they are no longer about now. */
const OLD_MS = 35_000;
/** Shown in any case, those with faults first. */
const FEW_CAMERAS = 4;

export function statusLines(facts: StatusFacts, context: ViewContext): Line[] {
  const { width, height = Number.POSITIVE_INFINITY } = context;
  const size = (all: Block[]) => all.reduce((sum, { lines }) => sum + lines.length, 0);
  const everyCamera = facts.cameras.length;
  const whole = blocksOf(facts, context, { width, brief: false }, everyCamera);
  const gaps = whole.filter(({ apart, lines }) => apart && lines.length > 0).length;
  if (size(whole) + gaps <= height) return joined(whole, true, width);
  if (size(whole) <= height) return joined(whole, false, width);
  const brief: Room = { width, brief: true };
  let blocks = blocksOf(facts, context, brief, everyCamera);
  const excess = size(blocks.filter(({ spare }) => spare <= 1)) - height;
  // Before what tells of trouble goes, cameras that are well do.
  if (excess > 0) blocks = blocksOf(facts, context, brief, Math.max(FEW_CAMERAS, everyCamera - excess));
  const kept = new Set<Block>();
  let room = height;
  for (const block of [...blocks].sort((one, other) => one.spare - other.spare)) {
    if (block.spare > 0 && block.lines.length > room) continue;
    kept.add(block);
    room -= block.lines.length;
  }
  return joined(
    blocks.filter((block) => kept.has(block)),
    false,
    width,
  ).slice(0, height);
}

function blocksOf(facts: StatusFacts, context: ViewContext, room: Room, mostCameras: number): Block[] {
  const { nowMs } = context;
  const { health } = facts;
  const head = headLines(facts, context, room);
  const cameras = parts.cameraLines(facts.cameras, nowMs, room, mostCameras);
  const models = parts.modelLines(facts.models, room);
  if (health === undefined) {
    const none = facts.state === undefined ? [] : ['nothing was told of it yet'];
    return [
      { lines: head, spare: 0 },
      { lines: cameras, spare: 0, apart: true },
      { lines: models, spare: 2, apart: true },
      { lines: parts.labelled('health', none, room), spare: 3 },
    ];
  }
  return [
    { lines: head, spare: 0 },
    { lines: parts.serviceLines(health, room), spare: 0 },
    { lines: cameras, spare: 0, apart: true },
    { lines: trendLines(facts, room.width), spare: 0, apart: true },
    { lines: parts.processLines(health, room), spare: 5, apart: true },
    { lines: models, spare: 3, apart: true },
    { lines: parts.workerLines(health, room), spare: 4 },
    { lines: parts.machineLines(health, room), spare: 1 },
    { lines: parts.memoryLines(health, room), spare: 4 },
    { lines: parts.mqttLines(health, room), spare: 3 },
    { lines: parts.outboxLines(health, room), spare: 3 },
    { lines: parts.remedyLines(health, nowMs, room), spare: 1 },
    { lines: parts.missingLines(health, room), spare: 5 },
  ];
}

function joined(blocks: Block[], gaps: boolean, width: number): Line[] {
  return blocks
    .filter(({ lines }) => lines.length > 0)
    .flatMap(({ lines, apart }) => (apart && gaps ? [[], ...lines] : lines))
    .map((each) => cutLine(each, width));
}

function headLines(facts: StatusFacts, { width, nowMs, link }: ViewContext, { brief }: Room): Line[] {
  const { state, reason, sinceMs, version, health } = facts;
  const left = line(span(facts.device, 'strong'), '  ', ...stateSpans(state, sinceMs, nowMs));
  const right: Span[] = [];
  if (health !== undefined) {
    const oldMs = health.takenMs === undefined ? undefined : Math.max(0, nowMs - health.takenMs);
    const isOld = oldMs === undefined || oldMs > OLD_MS;
    const up = health.uptimeS === undefined ? undefined : health.uptimeS * 1000;
    right.push(span(`figures ${oldMs === undefined ? UNKNOWN : age(oldMs)} old`, isOld ? 'warn' : 'dim'));
    right.push(span(`, up ${age(up)}`, 'dim'));
  }
  if (version !== undefined) right.push(span(`${right.length > 0 ? ', ' : ''}detectd ${version}`, 'dim'));
  const gap = width - lineLength(left) - lineLength(right);
  const head = gap >= 2 ? [[...left, span(' '.repeat(gap)), ...right]] : [left, right];
  const reasons = wrapped(reason ?? '', width, 0, brief ? 1 : undefined);
  return [...head, ...linkLines(link, width), ...reasons.map((each) => line(span(each, 'warn')))];
}

/** `degraded for 4 min`; of what has ended, when that was. */
function stateSpans(state: string | undefined, sinceMs: number | undefined, nowMs: number): Span[] {
  if (state === undefined) return [span('no status is known', 'warn')];
  const tone = TONES[state] ?? 'warn';
  if (sinceMs === undefined) return [span(state, tone)];
  const ago = age(Math.max(0, nowMs - sinceMs));
  // The date of a last will is that of the connection which was lost.
  if (state === 'lost') return [span(state, tone), span(`, last connected ${ago} ago`)];
  return [span(state, tone), span(state === 'stopped' ? ` ${ago} ago` : ` for ${ago}`)];
}

function linkLines(link: ViewContext['link'], width: number): Line[] {
  if (link === undefined || link.connected) return [];
  const { heardMsAgo, reason } = link;
  const what =
    heardMsAgo === undefined ? 'not connected' : `connection lost, last heard ${age(heardMsAgo)} ago`;
  const text = reason === '' ? what : `${what}: ${reason}`;
  return wrapped(text, width, 0, 2).map((each) => line(span(each, 'bad')));
}
