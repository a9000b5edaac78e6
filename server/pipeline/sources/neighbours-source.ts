import type { NeighbourTable } from '../../../features/catalogue/arrow-tables.ts';
import { selectTopK } from '../../../features/transform/top-k.ts';
import { recentItemsOf } from '../recent-items.ts';
import type { SlateDraft } from '../slate-draft.ts';
import type { Source } from '../stage.ts';

/** Products whose neighbours are asked for; further ones add little but time. */
const MAX_SEEDS = 10;

/** The products neighbours are sought of: those of the page, else the shopper's latest. Most relevant first. */
export function neighbourSeedsOf(draft: SlateDraft): readonly number[] {
  if (draft.contextItems.length > 0) return draft.contextItems.slice(0, MAX_SEEDS);
  return recentItemsOf(draft.profile, draft.context.model.catalogue, MAX_SEEDS);
}

/** Entries `[start, end)` of a product in a neighbour table; none for products added after training. */
export function neighbourRange({ offsets }: NeighbourTable, item: number): readonly [number, number] {
  return item + 1 < offsets.length ? [offsets[item]!, offsets[item + 1]!] : [0, 0];
}

/**
 * Makes the source of products seen or bought together with those of the page, or with the shopper's latest.
 *
 * Strengths compare within one table only, so each list counts relative to its strongest entry; the n-th seed counts 1/n. An item of
 * several lists gets the sum. Cost: one pass over the lists of at most 10 products.
 */
export function makeNeighboursSource(): Source {
  // Shared by all queries: used between two waits only.
  let items = new Int32Array(256);
  let strengths = new Float32Array(256);
  const order = new Int32Array(10_000);
  return {
    kind: 'neighbours',
    propose(draft, proposals) {
      const { model, marks } = draft.context;
      marks.begin(items.length);
      let count = 0;
      for (const [place, seed] of neighbourSeedsOf(draft).entries()) {
        for (const table of [model.neighbours.coView, model.neighbours.coPurchase]) {
          const [start, end] = neighbourRange(table, seed);
          if (items.length < count + end - start) {
            items = grown(items, new Int32Array((count + end - start) * 2));
            strengths = grown(strengths, new Float32Array((count + end - start) * 2));
          }
          const strongest = table.strengths[start]!;
          for (let i = start; i < end; i++) {
            const item = table.items[i]!;
            const strength = strongest > 0 ? table.strengths[i]! / strongest / (place + 1) : 0;
            const known = marks.positionOf(item);
            if (known >= 0) {
              strengths[known]! += strength;
            } else {
              marks.mark(item, count);
              items[count] = item;
              strengths[count++] = strength;
            }
          }
        }
      }
      const found = selectTopK(strengths, count, proposals.limit, order);
      for (let i = 0; i < found; i++) proposals.add(items[order[i]!]!);
    },
  };
}

function grown<T extends Int32Array | Float32Array>(from: T, into: T): T {
  into.set(from);
  return into;
}
