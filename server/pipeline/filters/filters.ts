import type { TagSet } from '../../../features/profile/tags.ts';
import type { CandidateFilter } from '../stage.ts';
import { alreadyBoughtFilter } from './already-bought-filter.ts';
import { makeAudienceFilter } from './audience-filter.ts';
import { availabilityFilter } from './availability-filter.ts';
import { contextItemsFilter } from './context-items-filter.ts';
import { excludedFilter } from './excluded-filter.ts';
import { queryFilter } from './query-filter.ts';

/** Makes every filter there is; the scene says which of them it wants, and which are always on is in the filter stage. */
export function makeFilters(tagSet: TagSet): readonly CandidateFilter[] {
  return [
    availabilityFilter,
    excludedFilter,
    contextItemsFilter,
    alreadyBoughtFilter,
    queryFilter,
    makeAudienceFilter(tagSet),
  ];
}
