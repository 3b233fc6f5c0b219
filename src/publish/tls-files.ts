/** The files of the TLS settings: read whole, or looked at from outside to tell whether they may have changed. */
import { stat } from 'node:fs/promises';
import { readBoundedFile } from '../base/bounded-file.js';
import type { MqttConfig } from '../config/schema.js';
import { tlsFileError } from './broker-errors.js';

export interface TlsFiles {
  ca?: Buffer;
  cert?: Buffer;
  key?: Buffer;
}

type Paths = Pick<MqttConfig, keyof TlsFiles>;

const SETTINGS = ['ca', 'cert', 'key'] as const;
/** All authorities of a system together have a third of it. */
const MAX_BYTES = 1024 * 1024;

/** Rejects with MQTT_TLS where one cannot be read, is no file or larger than any certificate. */
export async function readTlsFiles(config: Paths): Promise<TlsFiles> {
  const files: TlsFiles = {};
  for (const setting of SETTINGS) {
    const path = config[setting];
    if (path === undefined) continue;
    try {
      files[setting] = await readBoundedFile(path, MAX_BYTES);
    } catch (error) {
      throw tlsFileError(setting, path, error);
    }
  }
  return files;
}

/** Differs after a file was written, replaced, or its link turned elsewhere. Never rejects. */
export async function fileState(config: Paths): Promise<string> {
  const states = SETTINGS.map(async (setting) => {
    const path = config[setting];
    if (path === undefined) return '';
    try {
      const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
      return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
    } catch {
      return 'missing';
    }
  });
  return (await Promise.all(states)).join('\n');
}
