import type { Catalogue } from '../../../features/catalogue/catalogue.ts';
import type { CandidateSet } from '../candidate-set.ts';
import type { SlateDraft } from '../slate-draft.ts';
import type { Selector } from '../stage.ts';

/** The number of no category, as the catalogue has it for items without one. */
const UNCAPPED = -1;

/**
 * Takes the highest scores, at most `scene.maxPerCategory` of one category while others are left; then the passed-over ones fill up, best
 * first, so the cap never makes a slate short. Items without a category are not capped.
 */
export const topNSelector: Selector = {
  select(draft) {
    const { candidates, query } = draft;
    const size = Math.min(query.slateSize, candidates.count);
    candidates.openSlate(size);
    const { queue } = candidates;
    queue.fill(candidates.scores, candidates.count);
    let ordered = 0;
    while (candidates.slateCount < size && queue.size > 0) {
      const end = orderNext(candidates, ordered, draft.context.model.catalogue);
      takeCapped(draft, { start: ordered, end }, size);
      ordered = end;
    }
    fillUp(candidates, ordered, size);
  },
};

/** Puts the next best candidate, or all that tie by item id, behind the first `ordered` of `candidates.order`; returns where they end. */
function orderNext(candidates: CandidateSet, ordered: number, { itemIds }: Pick<Catalogue, 'itemIds'>): number {
  const { itemIndexes, order, queue, scores } = candidates;
  let end = ordered;
  const best = queue.take();
  order[end++] = best;
  while (queue.size > 0 && scores[queue.first] === scores[best]) order[end++] = queue.take();
  if (end - ordered > 1) {
    const idOf = (place: number): string => itemIds[itemIndexes[place]!]!;
    order.subarray(ordered, end).sort((a, b) => (idOf(a) < idOf(b) ? -1 : 1));
  }
  return end;
}

/** Takes candidates of `candidates.order` into the slate, but for those of whose category it has enough. */
function takeCapped(draft: SlateDraft, { start, end }: { start: number; end: number }, size: number): void {
  const { candidates, context, query } = draft;
  const { slate, slateCategories, order, itemIndexes } = candidates;
  const cap = query.scene.maxPerCategory;
  for (let i = start; i < end && candidates.slateCount < size; i++) {
    const category = cap === 0 ? UNCAPPED : context.model.catalogue.codeOf(itemIndexes[order[i]!]!, 'category');
    if (category >= 0 && countOf(category, slateCategories, candidates.slateCount) >= cap) continue;
    slateCategories[candidates.slateCount] = category;
    slate[candidates.slateCount++] = order[i]!;
  }
}

/** A slate is at most a hundred long: comparing beats keeping a counter per category. */
function countOf(category: number, categories: Int32Array, count: number): number {
  let found = 0;
  for (let i = 0; i < count; i++) if (categories[i] === category) found++;
  return found;
}

/** The slate's places are in order of score as well, so those passed over are found in one walk beside it. */
function fillUp(candidates: CandidateSet, ordered: number, size: number): void {
  const { slate, order } = candidates;
  const takenCount = candidates.slateCount;
  for (let i = 0, next = 0; i < ordered && candidates.slateCount < size; i++) {
    if (next < takenCount && slate[next] === order[i]) next++;
    else slate[candidates.slateCount++] = order[i]!;
  }
}
