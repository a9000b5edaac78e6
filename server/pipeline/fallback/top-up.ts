import { RESIDENT_SOURCE, sourceNumberOf } from '../candidate-set.ts';
import { NO_SIMILARITY } from '../proposals.ts';
import type { SlateDraft } from '../slate-draft.ts';

/** Catalogue rows looked at between two looks at the clock. */
const ROWS_PER_CHECK = 4_096;

/**
 * Fills the candidates up to one slate when filters left fewer: with what is popular, then with anything in catalogue order. What it adds
 * has passed all filters.
 *
 * Cost: nothing when there are enough; else up to one pass over the catalogue, ended by the query's deadline.
 */
export function topUp(draft: SlateDraft): void {
  const { candidates, context, query } = draft;
  if (candidates.count >= query.slateSize) return;
  const { catalogue, popularity } = context.model;
  candidates.markAll(context.marks, query.slateSize);
  const popular = sourceNumberOf('popular');
  const { category } = query.filter;
  if (category !== undefined) addFrom(draft, context.popularityOf(category).itemIndexes, popular);
  addFrom(draft, popularity.overall.itemIndexes, popular);
  addResidents(draft, catalogue.size);
}

function addFrom(draft: SlateDraft, items: Int32Array, source: number): void {
  const { candidates, query } = draft;
  for (let i = 0; i < items.length && candidates.count < query.slateSize; i++) {
    if (i % ROWS_PER_CHECK === ROWS_PER_CHECK - 1 && query.deadline.isPast()) return;
    addIfShowable(draft, items[i]!, source);
  }
}

function addResidents(draft: SlateDraft, itemCount: number): void {
  const { candidates, query } = draft;
  for (let item = 0; item < itemCount && candidates.count < query.slateSize; item++) {
    if (item % ROWS_PER_CHECK === ROWS_PER_CHECK - 1 && query.deadline.isPast()) return;
    addIfShowable(draft, item, RESIDENT_SOURCE);
  }
}

function addIfShowable(draft: SlateDraft, item: number, source: number): void {
  const { candidates, context } = draft;
  if (context.marks.positionOf(item) >= 0 || !draft.isShowable(item)) return;
  context.marks.mark(item, candidates.count);
  candidates.add(item, source, NO_SIMILARITY);
}
