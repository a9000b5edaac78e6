import type { CandidateFilter } from '../stage.ts';
import { allBut } from './item-list-filter.ts';

/** Takes out the products the page is about: they are on it already. */
export const contextItemsFilter: CandidateFilter = {
  reason: 'context_items',
  predicateFor: ({ query, context }) => allBut(query.contextItemIds, context.model.catalogue),
};
