/** A bundle's report for people. */
import { printable } from '../base/printable.js';
import type { TensorSpec } from '../core/prepared-graph.js';
import type { BundleReport } from './bundle-report.js';

const FIRST_COLUMN = 14;
/** More labels, files or outputs than this are counted. */
const SHOWN = 12;

export function bundleReportText(report: BundleReport): string {
  const unknown = report.infer_cfg?.unknown_keys ?? [];
  const lines = [
    row(
      'bundle',
      `${report.name ?? '(no name)'} ${report.version}${report.archive_bytes === null ? '' : `, archive of ${size(report.archive_bytes)}`}`,
    ),
    row('digest', report.digest),
    row('licence', report.licence ?? 'not stated'),
    row('family', report.family ?? 'none that can be read'),
    ...configLines(report),
    ...modelLines(report),
    ...preparedLines(report),
    ...sampleLines(report),
    ...fileLines(report),
    ...(unknown.length === 0 ? [] : [row('not known', `${some(unknown)} in infer_cfg.yml`)]),
  ];
  return lines.map((line) => `${printable(line)}\n`).join('');
}

function configLines({ infer_cfg, labels }: BundleReport): string[] {
  if (infer_cfg === null) return [row('architecture', 'unknown: infer_cfg.yml cannot be read')];
  const { arch, metric } = infer_cfg;
  return [
    row('architecture', `${arch || 'not stated'}${metric === null ? '' : `, ${metric}`}`),
    row('classes', `${labels.length}: ${some(labels)}`),
  ];
}

function modelLines({ model, preprocess, infer_cfg }: BundleReport): string[] {
  const applied = preprocess.map(stepText).join(' → ') || 'nothing';
  const steps = row('pre-process', infer_cfg === null ? 'unknown' : applied);
  if (model === null) return [steps];
  const { weights, opsets, ir_version, producer, nodes, operators, inputs, outputs, metadata } = model;
  const sets = Object.entries(opsets).map(([domain, version]) => `${domain} ${version}`);
  const kinds = Object.entries(operators).map(([name, count]) => `${count} ${name}`);
  return [
    row(
      'weights',
      `${size(weights.bytes)}, ${(weights.parameters / 1e6).toFixed(2)} million numbers in ${weights.tensors} tensors`,
    ),
    row('graph', `${nodes} nodes: ${some(kinds)}`),
    row('format', `opset ${sets.join(', ')}; IR ${ir_version}${producer === '' ? '' : `; by ${producer}`}`),
    ...column('inputs', inputs.map(tensorText)),
    steps,
    ...column('outputs', outputs.map(tensorText)),
    ...column(
      'metadata',
      Object.entries(metadata).map(([key, value]) => `${key}: ${shortened(value)}`),
    ),
  ];
}

function preparedLines({ prepared, model }: BundleReport): string[] {
  if (prepared === null) return [];
  const { network, mode, nodes, notes } = prepared;
  const sized = mode === 'live' ? `${network.join('×')}` : 'as the picture demands';
  return [
    row('network', sized),
    ...column('prepared', [`${model?.nodes ?? '?'} nodes become ${nodes}`, ...notes]),
  ];
}

function sampleLines({ samples }: BundleReport): string[] {
  if (samples === null) return [row('samples', 'none')];
  const { pictures, detections, threshold, tool } = samples;
  const by = tool === null ? '' : `, found by ${tool}`;
  return [row('samples', `${pictures} pictures with ${detections} detections above ${threshold}${by}`)];
}

function fileLines({ files, odd_files, manifest }: BundleReport): string[] {
  const state = (listed: boolean): string => (manifest === null || listed ? '' : ', not in the manifest');
  const shown = files.map(
    ({ path, bytes, listed }) => `${path} ${size(bytes)}${path === 'manifest.json' ? '' : state(listed)}`,
  );
  return [
    ...column('files', shown),
    ...column('odd files', odd_files),
    ...(manifest === null ? [row('manifest', 'none: nothing says whether the files are as published')] : []),
  ];
}

function stepText({ type, ...rest }: Record<string, unknown>): string {
  const settings = Object.entries(rest).map(([key, value]) => `${key} ${JSON.stringify(value)}`);
  return settings.length === 0 ? String(type) : `${type}(${settings.join(', ')})`;
}

function tensorText({ name, type, dims }: TensorSpec): string {
  return `${name} ${type} [${dims.map((dim) => dim ?? '?').join(', ')}]`;
}

function row(name: string, text: string): string {
  return `${name.padEnd(FIRST_COLUMN)}${text}`;
}

/** One below the other, the name beside the first. */
function column(name: string, texts: string[]): string[] {
  const shown = texts.slice(0, SHOWN);
  if (texts.length > SHOWN) shown.push(`and ${texts.length - SHOWN} more (--json shows all)`);
  return shown.map((text, index) => row(index === 0 ? name : '', text));
}

function some(texts: string[]): string {
  const more = texts.length > SHOWN ? `, … (${texts.length - SHOWN} more)` : '';
  return texts.slice(0, SHOWN).map(shortened).join(', ') + more;
}

function shortened(text: string): string {
  return text.length > 100 ? `${text.slice(0, 99)}…` : text;
}

function size(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(2)} MB`;
}
