import { afterwards, type MaybePromise, whenThere } from '../../features/core/maybe-promise.ts';
import { sevenDigits } from '../../features/transform/seven-digits.ts';
import { SOURCE_NAMES } from './candidate-set.ts';
import { explainSlate } from './explain/explain-slate.ts';
import { degradationOf } from './fallback/degradation.ts';
import type { SlateItem } from './query.ts';
import type { SlateDraft } from './slate-draft.ts';
import type { TextedSlate } from './slate-item-text.ts';
import { addStageTime } from './stage-timings.ts';

type Reasons = readonly (readonly string[])[] | undefined;

/** Turns the chosen candidates into the slate that is sent: from here on there is an object and a name per item. */
export function answer(draft: SlateDraft): MaybePromise<TextedSlate> {
  const startedMs = performance.now();
  return afterwards(
    () => whenThere(reasonsOf(draft), (reasons) => slateOf(draft, reasons)),
    () => addStageTime(draft.candidates.stageTimings, 'answer', startedMs),
  );
}

/** Undefined when nobody asked for them. */
function reasonsOf(draft: SlateDraft): MaybePromise<Reasons> {
  return draft.query.isExplained ? explainSlate(draft) : undefined;
}

function slateOf(draft: SlateDraft, reasons: Reasons): TextedSlate {
  return {
    items: slateItemsOf(draft, reasons),
    degraded: degradationOf(draft),
    ...(draft.notPersonalized === undefined ? {} : { notPersonalized: draft.notPersonalized }),
    modelVersion: draft.context.model.modelVersion,
    itemTexts: undefined,
  };
}

function slateItemsOf({ candidates, context }: SlateDraft, reasons: Reasons): SlateItem[] {
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
