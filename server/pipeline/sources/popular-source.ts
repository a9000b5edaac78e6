import type { Source } from '../stage.ts';

/** What is wanted most below the query's category, or in the whole shop. */
export const popularSource: Source = {
  kind: 'popular',
  propose(draft, proposals) {
    const { itemIndexes } = draft.context.popularityOf(draft.query.filter.category);
    proposals.addAll(itemIndexes, itemIndexes.length);
  },
};
