import type { Source } from '../stage.ts';

/** What is wanted most below the query's category, or in the whole shop. */
export const popularSource: Source = {
  kind: 'popular',
  propose(draft, proposals) {
    const { itemIndexes } = draft.context.popularityOf(draft.query.filter.category);
    for (let i = 0; i < itemIndexes.length && !proposals.isFull; i++) proposals.add(itemIndexes[i]!);
  },
};
