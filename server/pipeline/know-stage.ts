import type { FeatureStore } from '../../features/store/feature-store.ts';
import { surviveOrThrow } from './fallback/fail-open.ts';
import type { Stage } from './stage.ts';

/**
 * Reads what is known of the shopper, in one round trip.
 *
 * Missing: no record, an anonymous query and switched-off personalisation all leave the profile empty; only a store that fails is a failure.
 */
export function makeKnowStage(store: Pick<FeatureStore, 'readProfile'>, budgetMs: number): Stage {
  return {
    name: 'know',
    async run(draft) {
      const { shopperKey, isPersonalized, deadline } = draft.query;
      if (shopperKey === undefined || !isPersonalized) return;
      const readDeadline = deadline.within(budgetMs);
      try {
        const profile = await readDeadline.race(store.readProfile(shopperKey, readDeadline), 'reading the profile');
        if (profile !== undefined) draft.profile = profile;
      } catch (error) {
        surviveOrThrow(draft, 'profile', error);
        draft.isProfileFailed = true;
      }
    },
  };
}
