import type { Catalogue } from '../../../features/catalogue/catalogue.ts';
import type { ItemPredicate } from '../candidate-tests.ts';

/** Keeps everything but the items named; undefined when the catalogue has none of them. */
export function allBut(itemIds: readonly string[], catalogue: Catalogue): ItemPredicate | undefined {
  if (itemIds.length === 0) return undefined;
  const takenOut: number[] = [];
  for (const itemId of itemIds) {
    const item = catalogue.indexOf(itemId);
    if (item >= 0) takenOut.push(item);
  }
  if (takenOut.length === 0) return undefined;
  // Made when somebody asks: mostly it is enough to know the rows.
  let rows: ReadonlySet<number> | undefined;
  const isKept = (item: number): boolean => {
    rows ??= new Set(takenOut);
    return !rows.has(item);
  };
  return Object.assign(isKept, { takenOut });
}
