/**
 * A table that fits its width: names are cut first, then columns that matter least go, and then the last one is cut. One
 * that stretches takes what is left.
 */
import { cut, type Line, type Span } from './styled-text.js';

export interface Column {
  title: string;
  /** Numbers stand at the right. */
  right?: boolean;
  /** The column with the largest number goes first when room is short; 0 never does. */
  spare: number;
  /** May be cut down to this width before any column goes; otherwise cells are shown whole. */
  least?: number;
}

/** A cell, or one that is made when its width is known. */
export type Cell = Span | ((width: number) => Span);

export interface TableOptions {
  columns: readonly Column[];
  rows: readonly (readonly Cell[])[];
  width: number;
  /** Index of the column with made cells, and the least and greatest width of it. */
  stretch?: { column: number; least: number; most: number };
}

const GAP = 2;

export function fittedTable({ columns, rows, width, stretch }: TableOptions): Line[] {
  const widths = columns.map(({ title }, index) =>
    index === stretch?.column
      ? stretch.least
      : Math.max(title.length, ...rows.map((row) => cellLength(row[index]))),
  );
  const shown = new Set(columns.keys());
  const total = (): number => [...shown].reduce((sum, index) => sum + (widths[index] ?? 0) + GAP, -GAP);
  const squeeze = (): void => {
    for (const index of shown) {
      const { least } = columns[index] as Column;
      const excess = total() - width;
      if (least !== undefined && excess > 0)
        widths[index] = Math.max(Math.min(least, widths[index] ?? 0), (widths[index] ?? 0) - excess);
    }
  };
  squeeze();
  while (total() > width) {
    const next = [...shown].filter((index) => (columns[index] as Column).spare > 0);
    if (next.length === 0) break;
    shown.delete(
      next.reduce((a, b) => ((columns[b] as Column).spare > (columns[a] as Column).spare ? b : a)),
    );
  }
  const last = Math.max(...shown);
  widths[last] = Math.max(0, (widths[last] ?? 0) - Math.max(0, total() - width));
  if (stretch !== undefined && shown.has(stretch.column)) {
    const room = width - total() + stretch.least;
    widths[stretch.column] = Math.max(stretch.least, Math.min(stretch.most, room));
  }
  const lines: Line[] = rows.map((row) =>
    laid(
      columns.map((_, index) => made(row[index], widths[index] ?? 0)),
      columns,
      widths,
      shown,
    ),
  );
  if (columns.every(({ title }) => title === '')) return lines;
  const titles = columns.map(({ title }): Span => ({ text: title, tone: 'dim' }));
  return [laid(titles, columns, widths, shown), ...lines];
}

function laid(
  cells: readonly Span[],
  columns: readonly Column[],
  widths: readonly number[],
  shown: ReadonlySet<number>,
): Line {
  return [...shown]
    .sort((a, b) => a - b)
    .flatMap((index, position) => {
      const { text, tone } = cells[index] as Span;
      const size = widths[index] ?? 0;
      const fitted = cut(text, size);
      const padding = ' '.repeat(size - fitted.length);
      const pieces: Span[] = [{ text: fitted, tone }];
      if (columns[index]?.right) pieces.unshift({ text: padding });
      else pieces.push({ text: padding });
      return position === 0 ? pieces : [{ text: ' '.repeat(GAP) }, ...pieces];
    });
}

function cellLength(cell: Cell | undefined): number {
  return cell === undefined || typeof cell === 'function' ? 0 : cell.text.length;
}

function made(cell: Cell | undefined, width: number): Span {
  if (cell === undefined) return { text: '' };
  return typeof cell === 'function' ? cell(width) : cell;
}
