import type { Catalogue } from '../../../features/catalogue/catalogue.ts';
import { selectTopK } from '../../../features/transform/top-k.ts';
import type { CandidateSet } from '../candidate-set.ts';
import type { SlateDraft } from '../slate-draft.ts';
import type { Selector } from '../stage.ts';

/** Candidates put in order at first, per place of the slate; the cap seldom needs more. */
const FIRST_LOOK_FACTOR = 3;

/**
 * Takes the highest scores, at most `scene.maxPerCategory` of one category while others are left; then the passed-over ones fill up, best
 * first, so the cap never makes a slate short. Items without a category are not capped.
 */
export const topNSelector: Selector = {
  select(draft) {
    const { candidates, query } = draft;
    const size = Math.min(query.slateSize, candidates.count);
    const cap = query.scene.maxPerCategory;
    if (candidates.slate.length < size) candidates.slate = new Int32Array(size);
    candidates.slateCount = 0;
    if (size === 0) return;
    const { catalogue } = draft.context.model;
    let ordered = orderBest(candidates, cap === 0 ? size : size * FIRST_LOOK_FACTOR, catalogue);
    takeCapped(draft, ordered, size);
    if (candidates.slateCount < size && ordered < candidates.count) {
      ordered = orderBest(candidates, candidates.count, catalogue);
      candidates.slateCount = 0;
      takeCapped(draft, ordered, size);
    }
    fillUp(candidates, ordered, size);
  },
};

/** Writes the best `k` into `candidates.order` by score descending, ties by item id; returns how many. */
export function orderBest(candidates: CandidateSet, k: number, { itemIds }: Pick<Catalogue, 'itemIds'>): number {
  const { scores, itemIndexes, order, count } = candidates;
  const idOf = (place: number): string => itemIds[itemIndexes[place]!]!;
  const byId = (a: number, b: number): number => (idOf(a) < idOf(b) ? -1 : 1);
  const found = selectTopK(scores, count, k, order);
  if (found < count) settleLastTie(scores, count, order.subarray(0, found), byId);
  for (let start = 0, end = 1; start < found; start = end++) {
    while (end < found && scores[order[end]!] === scores[order[start]!]) end++;
    if (end - start > 1) order.subarray(start, end).sort(byId);
  }
  return found;
}

/** Which of the candidates that tie with the last one got in was decided by place; decides it by item id instead. */
function settleLastTie(
  scores: Float32Array,
  count: number,
  best: Int32Array,
  byId: (a: number, b: number) => number,
): void {
  const last = scores[best[best.length - 1]!]!;
  const tied: number[] = [];
  for (let i = 0; i < count; i++) if (scores[i] === last) tied.push(i);
  let start = best.length;
  while (start > 0 && scores[best[start - 1]!] === last) start--;
  if (tied.length === best.length - start) return;
  tied.sort(byId);
  for (let i = start; i < best.length; i++) best[i] = tied[i - start]!;
}

function takeCapped(draft: SlateDraft, ordered: number, size: number): void {
  const { candidates, context, query } = draft;
  const { slate, order, itemIndexes } = candidates;
  const { catalogue } = context.model;
  const cap = query.scene.maxPerCategory;
  for (let i = 0; i < ordered && candidates.slateCount < size; i++) {
    const category = catalogue.codeOf(itemIndexes[order[i]!]!, 'category');
    let sameCount = 0;
    // A slate is at most a hundred long: comparing beats keeping a counter per category.
    for (let taken = 0; taken < candidates.slateCount; taken++) {
      if (catalogue.codeOf(itemIndexes[slate[taken]!]!, 'category') === category) sameCount++;
    }
    if (cap === 0 || category < 0 || sameCount < cap) slate[candidates.slateCount++] = order[i]!;
  }
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
