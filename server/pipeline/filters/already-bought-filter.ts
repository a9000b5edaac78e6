import type { CandidateFilter } from '../stage.ts';
import { allBut } from './item-list-filter.ts';

/** Takes out what the shopper bought lately; the profile remembers the latest 32 products. */
export const alreadyBoughtFilter: CandidateFilter = {
  reason: 'already_bought',
  predicateFor: ({ profile, context }) => allBut(profile.recent.purchase.itemIds, context.model.catalogue),
};
