import { sevenDigits } from '../../features/transform/seven-digits.ts';
import { SOURCE_NAMES } from './candidate-set.ts';
import { explainSlate } from './explain/explain-slate.ts';
import { degradationOf } from './fallback/degradation.ts';
import type { SlateItem } from './query.ts';
import type { SlateDraft } from './slate-draft.ts';
import type { TextedSlate } from './slate-item-text.ts';
import { addStageTime } from './stage-timings.ts';

/** Turns the chosen candidates into the slate that is sent: from here on there is an object and a name per item. */
export async function answer(draft: SlateDraft): Promise<TextedSlate> {
  const startedMs = performance.now();
  try {
    const reasons = draft.query.isExplained ? await explainSlate(draft) : undefined;
    return {
      items: slateItemsOf(draft, reasons),
      degraded: degradationOf(draft),
      ...(draft.notPersonalized === undefined ? {} : { notPersonalized: draft.notPersonalized }),
      modelVersion: draft.context.model.modelVersion,
      itemTexts: undefined,
    };
  } finally {
    addStageTime(draft.candidates.stageTimings, 'answer', startedMs);
  }
}

function slateItemsOf({ candidates, context }: SlateDraft, reasons: readonly (readonly string[])[] | undefined) {
  const { slate, slateCount, itemIndexes, scores, sources } = candidates;
  const { itemIds } = context.model.catalogue;
  const items: SlateItem[] = [];
  for (let position = 0; position < slateCount; position++) {
    const place = slate[position]!;
    const item = {
      itemId: itemIds[itemIndexes[place]!]!,
      position,
      score: sevenDigits(scores[place]!),
      source: SOURCE_NAMES[sources[place]!]!,
    };
    items.push(reasons === undefined ? item : { ...item, reasons: reasons[position]! });
  }
  return items;
}
