import { VitrineError } from '../../features/core/errors.ts';

const markers = (name: string) => ({ start: `<!-- bench:${name} -->`, end: `<!-- /bench:${name} -->` });

/**
 * A text with what stands between its markers `<!-- bench:NAME -->` and `<!-- /bench:NAME -->` replaced.
 *
 * Errors: REC_INVALID_CONFIG when a marker is missing.
 */
export function withBlock(text: string, name: string, content: string): string {
  const { from, to } = placeOf(text, name);
  return `${text.slice(0, from)}\n${content.trim()}\n${text.slice(to)}`;
}

function placeOf(text: string, name: string): { readonly from: number; readonly to: number } {
  const { start, end } = markers(name);
  const startsAt = text.indexOf(start);
  const to = text.indexOf(end);
  if (startsAt >= 0 && to > startsAt) return { from: startsAt + start.length, to };
  throw new VitrineError('REC_INVALID_CONFIG', `the markers ${start} and ${end} are missing, or in another order`);
}

/** Rows as a table in Markdown; the first column to the left, the others as they are. */
export function markdownTable(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(headings), line(headings.map(() => '---')), ...rows.map(line)].join('\n');
}
