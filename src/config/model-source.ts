/**
 * Reads a model's one-line `bundle`: a path of this machine, or where an archive is fetched from. A path that is used
 * where it lies has no prefix.
 */
import { resolve } from 'node:path';
import { DetectdError } from '../base/errors.js';
import type { ModelSource } from '../core/model-update.js';
import { TOPIC } from './mqtt-schema.js';

const LONGEST = 4096;

/** Relative paths start at `folder`; without one they stay relative. Pure. Throws CONFIG_INVALID. */
export function parseModelSource(text: string, folder?: string): ModelSource {
  if (text.length > LONGEST) throw refused(`is longer than ${LONGEST} characters`);
  if (/\p{Cc}/u.test(text)) throw refused('holds a line break or another control character');
  const path = (rest: string): string => (folder === undefined ? rest : resolve(folder, rest));
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(text)?.[1]?.toLowerCase();
  switch (scheme) {
    case undefined:
      return { kind: 'place', path: path(text) };
    case 'file': {
      const rest = text.slice('file:'.length).replace(/^\/\/(?=\/)/, '');
      if (rest === '') throw refused('names no file; write file:PATH');
      return { kind: 'file', path: path(rest) };
    }
    case 'http':
    case 'https':
      return { kind: 'http', url: checkedUrl(text) };
    case 'mqtt': {
      const topic = text.slice('mqtt:'.length);
      if (!TOPIC.test(topic)) throw refused('names no topic; write mqtt:TOPIC, without wildcards and spaces');
      return { kind: 'mqtt', topic };
    }
    default:
      throw refused(`begins with "${scheme}:"; known are a path, file:, https:, http: and mqtt:`);
  }
}

/** As it is written in a configuration; holds whatever secrets the address holds. */
export function modelSourceText(source: ModelSource): string {
  switch (source.kind) {
    case 'place':
      return source.path;
    case 'file':
      return `file:${source.path}`;
    case 'http':
      return source.url;
    case 'mqtt':
      return `mqtt:${source.topic}`;
  }
}

function checkedUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.hostname === '' || /\s/.test(text))
    throw refused('cannot be read as an address; write it as in https://host/people-1.3.0.tar.gz');
  if (url.hash !== '') throw refused('holds a "#", which no server gets to see');
  return text;
}

function refused(clause: string): DetectdError {
  return new DetectdError('CONFIG_INVALID', `The model source ${clause}.`);
}
