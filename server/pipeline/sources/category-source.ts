import type { PopularityTable } from '../../../features/catalogue/arrow-tables.ts';
import { strongestInterests } from '../../../features/profile/interest-sums.ts';
import type { SlateDraft } from '../slate-draft.ts';
import type { Source } from '../stage.ts';

/** Categories drawn from; a slate seldom has room for more. */
const MAX_CATEGORIES = 4;

/** What is wanted most in the categories of the page's products, else in those the shopper likes most; the categories take turns. */
export const categorySource: Source = {
  kind: 'category',
  propose(draft, proposals) {
    const tables = categoriesOf(draft)
      .map((category) => draft.context.model.popularity.byCategory.get(category))
      .filter((table): table is PopularityTable => table !== undefined);
    const longest = Math.max(0, ...tables.map((table) => table.itemIndexes.length));
    for (let place = 0; place < longest && !proposals.isFull; place++) {
      for (const { itemIndexes } of tables) if (place < itemIndexes.length) proposals.add(itemIndexes[place]!);
    }
  },
};

function categoriesOf(draft: SlateDraft): string[] {
  const { categories } = draft.context.model.catalogue;
  const ofContext = draft.contextItems.map((item) => categories[item]).filter((category) => category !== undefined);
  const names =
    ofContext.length > 0
      ? [...new Set(ofContext)]
      : strongestInterests(draft.profile.interests.category, MAX_CATEGORIES);
  return names.slice(0, MAX_CATEGORIES);
}
