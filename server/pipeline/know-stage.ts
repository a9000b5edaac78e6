import { refusalOf } from '../../features/profile/consent.ts';
import type { FeatureStore } from '../../features/store/feature-store.ts';
import { readShopper } from '../../features/store/read-shopper.ts';
import { surviveOrThrow } from './fallback/fail-open.ts';
import type { Stage } from './stage.ts';

/**
 * Reads what is known of the shopper, in one round trip (two for a session whose shopper has logged in: the account is what counts); of
 * a shopper who refused personalisation nothing is taken in.
 *
 * Missing: no record, an anonymous query and switched-off personalisation all leave the profile empty; only a store that fails is a failure.
 */
export function makeKnowStage(store: Pick<FeatureStore, 'readProfile'>, budgetMs: number): Stage {
  return {
    name: 'know',
    async run(draft) {
      const { shopperKey, notPersonalized, deadline } = draft.query;
      if (shopperKey === undefined || notPersonalized !== undefined) return;
      const readDeadline = deadline.within(budgetMs);
      try {
        const known = await readDeadline.race(readShopper(store, shopperKey, readDeadline), 'reading the profile');
        if (known === undefined) return;
        const refusal = refusalOf(known.profile);
        if (refusal === undefined) draft.know(known.key, known.profile);
        else draft.refuse(refusal);
      } catch (error) {
        surviveOrThrow(draft, 'profile', error);
        draft.isProfileFailed = true;
      }
    },
  };
}
