/** Reads what a COCO annotation file (instances_val2017.json) says of its pictures and categories. */
import { readBoundedFile } from '../base/bounded-file.js';
import { DetectdError, messageOf } from '../base/errors.js';

export interface CocoImage {
  id: number;
  /** With single slashes, and none at its start. */
  fileName: string;
}

export interface CocoAnnotations {
  /** The file, for messages. */
  where: string;
  images: CocoImage[];
  /** Ids by name. */
  categories: ReadonlyMap<string, number>;
}

/** Larger than that of COCO's own training pictures need not be read: results are made on validation ones. */
const MAX_BYTES = 480 * 2 ** 20;

/** Throws COCO_ANNOTATIONS. */
export async function readCocoAnnotations(path: string): Promise<CocoAnnotations> {
  let text: string;
  try {
    text = (await readBoundedFile(path, MAX_BYTES)).toString('utf8');
  } catch (error) {
    throw unusable(`The annotations ${path} cannot be read: ${messageOf(error)}.`);
  }
  return parseCocoAnnotations(text, path);
}

/** Throws COCO_ANNOTATIONS; `where` names the file. */
export function parseCocoAnnotations(text: string, where: string): CocoAnnotations {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw unusable(`${where} is not valid JSON: ${messageOf(error)}.`);
  }
  const images = entries(value, 'images', 'file_name', where).map(({ id, name }) => ({
    id,
    fileName: name
      .split(/[\\/]/)
      .filter((part) => part !== '' && part !== '.')
      .join('/'),
  }));
  refuseTwice(
    images.map(({ fileName }) => fileName),
    'images',
    where,
  );
  const categories = entries(value, 'categories', 'name', where);
  refuseTwice(
    categories.map(({ name }) => name),
    'categories',
    where,
  );
  return { where, images, categories: new Map(categories.map(({ id, name }) => [name, id])) };
}

interface Entry {
  id: number;
  name: string;
}

/** Checked by hand: a schema would copy annotations by the hundred thousand that nobody looks at. */
function entries(value: unknown, list: string, nameKey: string, where: string): Entry[] {
  const found = (value as Record<string, unknown> | null)?.[list];
  if (!Array.isArray(found) || found.length === 0) throw unusable(`${where} has no list of "${list}".`);
  return found.map((entry: Record<string, unknown> | null, index) => {
    const id = entry?.['id'];
    const name = entry?.[nameKey];
    if (typeof id === 'number' && Number.isSafeInteger(id) && typeof name === 'string' && name !== '')
      return { id, name };
    throw unusable(`${where}: "${list}[${index}]" has no whole number "id" or no "${nameKey}".`);
  });
}

function refuseTwice(names: string[], list: string, where: string): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) throw unusable(`${where} names "${name}" twice among its ${list}.`);
    seen.add(name);
  }
}

function unusable(message: string): DetectdError {
  return new DetectdError(
    'COCO_ANNOTATIONS',
    message,
    'Give a COCO file with images and categories, such as instances_val2017.json.',
  );
}
