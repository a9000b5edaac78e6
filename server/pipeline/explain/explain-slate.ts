import { VitrineError } from '../../../features/core/errors.ts';
import { interestOf } from '../../../features/profile/interest-sums.ts';
import type { InterestKind, RecentType } from '../../../features/profile/profile.ts';
import { RESIDENT_SOURCE, SOURCE_NAMES } from '../candidate-set.ts';
import type { SlateDraft } from '../slate-draft.ts';
import { neighbourRange, neighbourSeedsOf } from '../sources/neighbours-source.ts';

/** Products of one kind of event an item is compared with. */
const MAX_REFERENCES_PER_KIND = 5;
/** Cosine from which people would call two products similar; below it the item fits the shopper as a whole, not one product. */
const MIN_SIMILARITY = 0.5;
/** Places at the top of a category's list that may be called popular. */
const POPULAR_PLACES = 50;
/** Share of all interest of a kind from which a shopper can be said to like something. */
const MIN_INTEREST_SHARE: Readonly<Record<'category' | 'brand', number>> = { category: 0.2, brand: 0.3 };

const RECENT_WORDS: readonly (readonly [RecentType, string])[] = [
  ['view_item', 'you viewed'],
  ['add_to_cart', 'you put in the cart'],
  ['add_to_wishlist', 'you put on the wish list'],
  ['purchase', 'you bought'],
];

/** A product that items can be similar to, and what to say then. */
interface Reference {
  readonly item: number;
  readonly words: string;
}

/**
 * Says of each item of the slate, in words for people, why it is there: first what its source went by, then what the shopper likes.
 * Every reason follows from what the pipeline used; nothing is made up for the sound of it.
 *
 * Order: by position; at least one reason each. Cost: one run of the item tower over the slate.
 */
export async function explainSlate(draft: SlateDraft): Promise<string[][]> {
  const { slate, slateCount, itemIndexes, sources } = draft.candidates;
  const similar = await similarReferences(draft);
  const reasons: string[][] = [];
  for (let position = 0; position < slateCount; position++) {
    const place = slate[position]!;
    const item = itemIndexes[place]!;
    const source = sources[place]!;
    reasons.push([sourceReason(draft, item, source, similar.get(item)), ...interestReasons(draft, item)]);
  }
  return reasons;
}

function sourceReason(draft: SlateDraft, item: number, source: number, similarTo: string | undefined): string {
  if (source === RESIDENT_SOURCE) return 'available now';
  switch (SOURCE_NAMES[source]) {
    case 'ann':
      return similarTo ?? 'fits what you have looked for';
    case 'neighbours':
      return togetherReason(draft, item);
    case 'recently_viewed':
      return 'you viewed it';
    default:
      return popularReason(draft, item);
  }
}

function togetherReason(draft: SlateDraft, item: number): string {
  const { coPurchase, coView } = draft.context.model.neighbours;
  for (const seed of neighbourSeedsOf(draft)) {
    for (const [table, words] of [
      [coPurchase, 'often bought together with'],
      [coView, 'often seen together with'],
    ] as const) {
      const [start, end] = neighbourRange(table, seed);
      if (table.items.subarray(start, end).includes(item)) return `${words} ${titleOf(draft, seed)}`;
    }
  }
  return 'often seen together with what you viewed';
}

function popularReason(draft: SlateDraft, item: number): string {
  const { catalogue, popularity } = draft.context.model;
  const category = catalogue.categories[item];
  if (category !== undefined) {
    const inCategory = popularity.byCategory.get(category)?.itemIndexes.subarray(0, POPULAR_PLACES);
    if (inCategory?.includes(item) === true) return `popular in ${lastLevelOf(category)}`;
  }
  return 'popular in this shop';
}

function interestReasons(draft: SlateDraft, item: number): string[] {
  const { categories, brands } = draft.context.model.catalogue;
  const category = categories[item];
  const brand = brands[item];
  const reasons: string[] = [];
  if (category !== undefined && isLiked(draft, 'category', category)) reasons.push(`you like ${lastLevelOf(category)}`);
  if (brand !== undefined && isLiked(draft, 'brand', brand)) reasons.push(`you like ${brand}`);
  return reasons;
}

function isLiked({ profile }: SlateDraft, kind: InterestKind & ('category' | 'brand'), key: string): boolean {
  const interests = profile.interests[kind];
  const own = interestOf(interests, key);
  if (own === undefined) return false;
  let total = 0;
  for (const sum of interests.sums) total += sum;
  return own / total >= MIN_INTEREST_SHARE[kind];
}

/** For slate items found by similarity: the product each is most similar to, in words. Missing: no entry when none is near enough. */
async function similarReferences(draft: SlateDraft): Promise<ReadonlyMap<number, string>> {
  const references = referencesOf(draft);
  const items = annItemsOf(draft);
  const words = new Map<number, string>();
  if (references.length === 0 || items.length === 0) return words;
  const embeddings = await embedOrNothing(draft, [...items, ...references.map((reference) => reference.item)]);
  if (embeddings === undefined) return words;
  const { embeddingDim } = draft.context.model.itemTower;
  for (const [place, item] of items.entries()) {
    let nearest = MIN_SIMILARITY;
    for (const [n, reference] of references.entries()) {
      const similarity = reference.item === item ? 1 : similarityOf(embeddings, place, items.length + n, embeddingDim);
      if (similarity < nearest) continue;
      nearest = similarity;
      words.set(item, reference.item === item ? 'you were interested in it' : reference.words);
    }
  }
  return words;
}

function annItemsOf({ candidates }: SlateDraft): number[] {
  const { slate, slateCount, itemIndexes, sources } = candidates;
  return Array.from(slate.subarray(0, slateCount))
    .filter((place) => SOURCE_NAMES[sources[place]!] === 'ann')
    .map((place) => itemIndexes[place]!);
}

/** The page's product, and what the shopper did lately. */
function referencesOf(draft: SlateDraft): Reference[] {
  const { profile, context, contextItems } = draft;
  const references: Reference[] = contextItems
    .slice(0, 1)
    .map((item) => ({ item, words: `similar to ${titleOf(draft, item)}` }));
  for (const [type, words] of RECENT_WORDS) {
    for (const itemId of profile.recent[type].itemIds.slice(0, MAX_REFERENCES_PER_KIND)) {
      const item = context.model.catalogue.indexOf(itemId);
      const isNew = item >= 0 && !references.some((reference) => reference.item === item);
      if (isNew) references.push({ item, words: `similar to ${titleOf(draft, item)} ${words}` });
    }
  }
  return references;
}

/** An explanation is not worth a failed reply. */
async function embedOrNothing(draft: SlateDraft, items: readonly number[]): Promise<Float32Array | undefined> {
  try {
    return await draft.query.deadline.race(draft.context.embedItems(items), 'explaining');
  } catch (error) {
    const { category } = error instanceof VitrineError ? error : { category: 'bug' };
    if (category === 'dependency' || category === 'deadline') return undefined;
    throw error;
  }
}

function similarityOf(embeddings: Float32Array, a: number, b: number, embeddingDim: number): number {
  let sum = 0;
  for (let i = 0; i < embeddingDim; i++) sum += embeddings[a * embeddingDim + i]! * embeddings[b * embeddingDim + i]!;
  return sum;
}

function titleOf({ context }: SlateDraft, item: number): string {
  const { titles, itemIds } = context.model.catalogue;
  return titles[item] ?? itemIds[item]!;
}

/** `shoes > running` -> `running`. */
function lastLevelOf(category: string): string {
  return category.split(' > ').at(-1)!;
}
