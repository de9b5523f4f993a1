import type { ClientCase } from './types.ts';

type Row = readonly string[];

/** The cases of a client as a Markdown table: what is right by itself, and what to do otherwise. */
export function casesTable(
  cases: readonly Pick<ClientCase<never>, 'title' | 'places' | 'wrong'>[],
): string {
  const rows = cases.map(({ title, places, wrong }): Row => {
    if (wrong === undefined) return [title, 'yes', ''];
    const gaps = wrong.places.map((place) => `\`${place}\``).join(', ');
    const isAllWrong = wrong.places.length === places.length;
    return [title, isAllWrong ? 'no' : `not ${gaps}`, wrong.recipe];
  });
  return format([['Use', 'By itself', 'Recipe'], ...rows]);
}

/** Aligned, as the formatter has it. */
function format([header = [], ...rows]: readonly Row[]): string {
  const widths = header.map((_, column) =>
    Math.max(...[header, ...rows].map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: Row) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const rule = widths.map((width) => '-'.repeat(width));
  return [header, rule, ...rows].map(line).join('\n');
}
