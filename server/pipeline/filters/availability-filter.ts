import type { CandidateFilter } from '../stage.ts';

/** Takes out what cannot be sold now. */
export const availabilityFilter: CandidateFilter = {
  reason: 'availability',
  predicateFor: ({ context }) => {
    const { catalogue } = context.model;
    return (item) => catalogue.isAvailable(item);
  },
};
