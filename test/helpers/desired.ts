/** Desired documents for tests, and a local file over which they are laid. */
import { type LoadedConfig, loadConfig } from '../../dist/config/load.js';
import type { Overlay } from '../../dist/config/overlay.js';
import type { DesiredScope } from '../../dist/core/desired-report.js';
import { type DesiredDocument, readDesired } from '../../dist/models/desired-document.js';
import { memoryFiles } from './memory-files.js';

export const LOCAL_FILE = '/etc/detectd/detectd.yaml';

/** `remote` and `more` are lines of YAML; a camera `gate` with a password in its source, on a model `people`. */
export function localFile(remote = 'desired: true', more = ''): string {
  return `device: {id: dock-3}
remote: {${remote}}
models: {people: {bundle: /srv/people, threshold: 0.6}}
cameras: {gate: {source: "rtsp://u:\${PW}@10.0.0.7/main", model: people, fps: 10}}
${more}`;
}

export function loadLocal(text = localFile(), overlay?: Overlay): Promise<LoadedConfig> {
  return loadConfig(LOCAL_FILE, {
    env: { PW: 'hunter22' },
    readFile: memoryFiles({ [LOCAL_FILE]: text }),
    overlay,
  });
}

export function payload(content: unknown): Buffer {
  return Buffer.from(JSON.stringify(content));
}

/** As it would be read on the device `dock-3`. */
export function document(
  content: { version?: number; config?: object; rollout?: object; expires?: string } = {},
  scope: DesiredScope = 'fleet',
): DesiredDocument {
  const options = { scope, device: 'dock-3', signed: false };
  return readDesired(payload({ version: 1, config: {}, ...content }), options);
}
