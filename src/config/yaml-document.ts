/**
 * The YAML layer of a configuration file: text to plain data, with positions. Bounded in depth and
 * aliases; anchors and merge keys work, so that cameras can share settings.
 */
import { CORE_SCHEMA, constructFromEvents, type Event, mergeTag, parseEvents, YAMLException } from 'js-yaml';
import { Positions } from './positions.js';
import type { ConfigProblem } from './problem.js';

const SCHEMA = CORE_SCHEMA.withTags(mergeTag);
const MOST_DEPTH = 24;
const MOST_ALIASES = 1000;

export interface YamlDocument {
  /** undefined when the text is no YAML at all. */
  value: unknown;
  positions: Positions;
  problems: ConfigProblem[];
}

/** Reads one document; an empty text is an empty mapping. Never throws. */
export function readYaml(text: string): YamlDocument {
  let events: Event[];
  try {
    events = parseEvents(text, { maxDepth: MOST_DEPTH });
  } catch (error) {
    const positions = new Positions(text, []);
    return { value: undefined, positions, problems: syntaxProblems(text, positions, error) };
  }
  const positions = new Positions(text, events);
  const problems = positions.duplicates.map(({ offset, finding }) => ({
    ...positions.at(offset),
    path: finding.path.join('.'),
    message: finding.message,
  }));
  try {
    // Duplicates are reported above, all of them; the constructor would stop at the first.
    const documents = constructFromEvents(events, {
      source: text,
      schema: SCHEMA,
      json: true,
      maxAliases: MOST_ALIASES,
    });
    if (documents.length > 1) {
      problems.push({ line: 1, column: 1, path: '', message: 'the file holds more than one YAML document' });
    }
    return { value: documents[0] ?? {}, positions, problems };
  } catch (error) {
    return {
      value: undefined,
      positions,
      problems: [...problems, ...syntaxProblems(text, positions, error)],
    };
  }
}

function syntaxProblems(text: string, positions: Positions, error: unknown): ConfigProblem[] {
  if (!(error instanceof YAMLException)) {
    return [{ line: 1, column: 1, path: '', message: 'not valid YAML' }];
  }
  const offset = Math.min(error.mark?.position ?? 0, text.length);
  const place = positions.at(offset);
  if (/\btab/i.test(error.reason)) return tabProblems(text, positions, offset);
  const line = text.split(/\r\n|\n|\r/)[place.line - 1] ?? '';
  // In { } and [ ] a bare ${NAME} opens a mapping of its own.
  const hint = line.includes('${') ? `; put values with \${…} in quotes` : '';
  return [{ ...place, path: '', message: `not valid YAML: ${error.reason}${hint}` }];
}

/** Whoever indents one line with tabs indents others so. */
function tabProblems(text: string, positions: Positions, from: number): ConfigProblem[] {
  const lineStart = text.lastIndexOf('\n', Math.max(0, from - 1)) + 1;
  const found = [...text.slice(lineStart).matchAll(/^( *)\t+(?=[^\s#])/gm)].map((match) => ({
    ...positions.at(lineStart + match.index + (match[1]?.length ?? 0)),
    path: '',
    message: 'indented with a tab; YAML wants spaces',
  }));
  return found.length > 0
    ? found
    : [{ ...positions.at(from), path: '', message: 'holds a tab where YAML wants spaces' }];
}
