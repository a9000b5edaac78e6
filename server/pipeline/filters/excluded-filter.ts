import type { CandidateFilter } from '../stage.ts';
import { allBut } from './item-list-filter.ts';

/** Takes out what the caller does not want to see. */
export const excludedFilter: CandidateFilter = {
  reason: 'excluded',
  predicateFor: ({ query, context }) => allBut(query.excludeItemIds, context.model.catalogue),
};
