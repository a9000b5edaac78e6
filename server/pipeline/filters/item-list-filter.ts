import type { Catalogue } from '../../../features/catalogue/catalogue.ts';
import type { ItemPredicate } from '../candidate-set.ts';

/** Keeps everything but the items named; undefined when the catalogue has none of them. */
export function allBut(itemIds: readonly string[], catalogue: Catalogue): ItemPredicate | undefined {
  const items = new Set<number>();
  for (const itemId of itemIds) {
    const item = catalogue.indexOf(itemId);
    if (item >= 0) items.add(item);
  }
  return items.size === 0 ? undefined : (item) => !items.has(item);
}
