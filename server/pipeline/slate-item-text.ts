import { jsonNumber, jsonString } from '../../features/core/json-text.ts';
import type { Slate, SlateItem } from './query.ts';

/** A slate with a place for the texts of its items, which {@link openItemTexts} fills and nobody else looks at. */
export interface TextedSlate extends Slate {
  itemTexts?: { readonly items: Slate['items']; readonly texts: readonly string[] } | undefined;
}

/**
 * What the reply and the log write alike of each item, in the order of the slate: a JSON object that is still open behind its `source`.
 * Made once per slate, when first asked for: not at all for a slate that is neither sent as JSON nor logged.
 *
 * They are kept at the slate: a weak map of slates costs the garbage collector several times what they save.
 */
export function openItemTexts(slate: TextedSlate): readonly string[] {
  const { items } = slate;
  let kept = slate.itemTexts;
  // A copy of a slate may have other items.
  if (kept?.items !== items) {
    kept = { items, texts: makeTexts(items) };
    slate.itemTexts = kept;
  }
  return kept.texts;
}

function makeTexts(items: readonly SlateItem[]): string[] {
  const texts: string[] = [];
  // Neighbours in a slate mostly have one source.
  let last: string | undefined;
  let end = '';
  for (const { itemId, position, score, source } of items) {
    if (source !== last) end = `,"source":${jsonString(source)}`;
    last = source;
    texts.push(`{"item_id":${jsonString(itemId)},"position":${position},"score":${jsonNumber(score)}${end}`);
  }
  return texts;
}
