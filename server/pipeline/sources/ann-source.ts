import type { Deadline } from '../../../features/core/deadline.ts';
import { type MaybePromise, whenThere } from '../../../features/core/maybe-promise.ts';
import type { Proposals } from '../proposals.ts';
import type { SlateDraft } from '../slate-draft.ts';
import type { Source } from '../stage.ts';

/**
 * Products near the query in the space of the two towers: near what the shopper did, near the product the page is about, or both.
 *
 * Missing: an unknown shopper on a page about no product has no place in that space; nothing is proposed.
 */
export const annSource: Source = {
  kind: 'ann',
  propose(draft, proposals, deadline) {
    const { retriever } = draft.context.model;
    const k = Math.min(proposals.limit, retriever.itemCount);
    if (k === 0 || (draft.contextItems.length === 0 && !draft.hasInteractions)) return;
    return whenThere(queryEmbedding(draft), (embedding) => search(draft, proposals, { embedding, k, deadline }));
  },
};

function search(
  draft: SlateDraft,
  proposals: Proposals,
  { embedding, k, deadline }: { embedding: Float32Array; k: number; deadline: Deadline },
): MaybePromise<void> {
  const { model, retrieverTurns } = draft.context;
  return retrieverTurns.join({
    what: 'nearest-neighbour search',
    deadline,
    ask: () => model.retriever.search(embedding, 1, k),
    take: ({ itemIndexes, similarities }) => {
      let count = k;
      while (count > 0 && itemIndexes[count - 1]! < 0) count--;
      proposals.addAll(itemIndexes, count, similarities);
    },
  });
}

function queryEmbedding(draft: SlateDraft): MaybePromise<Float32Array> {
  const contextItem = draft.contextItems[0];
  return contextItem === undefined ? userEmbedding(draft) : embeddingBeside(contextItem, draft);
}

/** On a page about a product. */
async function embeddingBeside(contextItem: number, draft: SlateDraft): Promise<Float32Array> {
  const ofItem = await draft.context.itemEmbedding(contextItem);
  return draft.hasInteractions ? meanDirection(ofItem, await userEmbedding(draft)) : ofItem;
}

function userEmbedding(draft: SlateDraft): MaybePromise<Float32Array> {
  const { userTower } = draft.context.model;
  return userTower.embed(draft.queryIds().subarray(0, userTower.slotCount), 1);
}

/** The direction half-way between two embeddings of length 1; opposite ones have none, then the first counts. */
export function meanDirection(a: Float32Array, b: Float32Array): Float32Array {
  const mean = a.map((value, i) => value + b[i]!);
  let squaredLength = 0;
  for (const value of mean) squaredLength += value * value;
  if (squaredLength < 1e-12) return a;
  const length = Math.sqrt(squaredLength);
  return mean.map((value) => value / length);
}
