/** A table for a terminal, of cells that may come from anywhere. */

const MOST_CHARACTERS = 500;

/** Columns as wide as their widest cell; no value is a dash. Control characters are made harmless. */
export function textTable(rows: readonly (readonly unknown[])[]): string {
  const clean = rows.map((row) =>
    row.map((cell) =>
      String(cell ?? '-')
        .replace(/\p{Cc}/gu, ' ')
        .slice(0, MOST_CHARACTERS),
    ),
  );
  const columns = Math.max(0, ...clean.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...clean.map((row) => row[column]?.length ?? 0)),
  );
  return clean
    .map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '))
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}
