/** Labels come from models and may hold anything; what other systems make of them is not prepared for that. */

const MAX_LENGTH = 100;

/** One level of a topic: letters, digits, marks and spaces stay as they are. Two labels may become one. */
export function topicLabel(label: string): string {
  const safe = label
    .slice(0, MAX_LENGTH)
    .replace(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]|[/+#]/gu, '_')
    .trim();
  // Counts of everything have that name.
  return safe === '' || safe === 'all' ? `${safe}_` : safe;
}

/** One field of a line whose fields are separated by `|`. */
export function fieldLabel(label: string): string {
  return label.replace(/[|\p{Cc}]/gu, '_');
}

/** A key beside `taken` ones. */
export function keyLabel(label: string, taken: ReadonlySet<string>): string {
  return taken.has(label) ? `${label}_` : label;
}
