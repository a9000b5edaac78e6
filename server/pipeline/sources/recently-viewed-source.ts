import type { Source } from '../stage.ts';

/** What the shopper looked at, newest first. */
export const recentlyViewedSource: Source = {
  kind: 'recently_viewed',
  propose({ profile, context }, proposals) {
    for (const itemId of profile.recent.view_item.itemIds) {
      const item = context.model.catalogue.indexOf(itemId);
      if (item >= 0) proposals.add(item);
    }
  },
};
