import { beforeEach, describe, expect, it } from 'vitest';
import { Catalogue } from '../catalogue/catalogue.ts';
import { MS_PER_HOUR } from '../core/clock.ts';
import { setInterest } from '../profile/interest-sums.ts';
import { emptyProfile, type Profile } from '../profile/profile.ts';
import { FeatureExtractor } from './feature-extractor.ts';
import type { FeatureField } from './feature-schema.ts';
import { layoutFields } from './field-layout.ts';
import type { SignalContext } from './signals.ts';

const VOCABULARY = ['tea', 'cup', 'pot'];
const FIELDS: FeatureField[] = [
  {
    ...{ name: 'recent', group: 'user', kind: 'categorical', signal: 'recent_items', vocabulary: VOCABULARY },
    parameters: { event: 'view_item' },
    multiValued: { maxLength: 3, pooling: 'mean' },
  },
  { name: 'hour', group: 'context', kind: 'bucketized', signal: 'hour', boundaries: [6, 12, 18] },
  { name: 'item_id', group: 'item', kind: 'categorical', signal: 'item_id', vocabulary: VOCABULARY },
  { name: 'price', group: 'item', kind: 'bucketized', signal: 'price', boundaries: [5] },
  {
    ...{ name: 'viewed', group: 'cross', kind: 'bucketized', signal: 'hours_since_item_event', boundaries: [1, 24] },
    parameters: { event: 'view_item' },
  },
];
const NOW_MS = Date.UTC(2024, 0, 1, 13);
const CONTEXT: SignalContext = { nowMs: NOW_MS, userId: '', device: '' };

function aShopper(): Profile {
  const profile = emptyProfile();
  profile.recent.view_item = {
    itemIds: ['cup', 'unheard of'],
    atMs: [NOW_MS - 2 * MS_PER_HOUR, NOW_MS - 3 * MS_PER_HOUR],
  };
  return profile;
}

let catalogue: Catalogue;
let extractor: FeatureExtractor;
beforeEach(() => {
  catalogue = Catalogue.from([
    { itemId: 'tea', isAvailable: true, price: 4 },
    { itemId: 'cup', isAvailable: true, price: 9 },
    { itemId: 'jug', isAvailable: true },
  ]);
  extractor = new FeatureExtractor(layoutFields(FIELDS), catalogue);
});

function rowOf(profile: Profile, itemIndex: number): number[] {
  const queryIds = new Int32Array(extractor.querySlotCount);
  extractor.writeQuery(profile, CONTEXT, queryIds);
  // A row in the middle of others, which must stay as they are.
  const ids = new Int32Array(3 * extractor.layout.slotCount).fill(77);
  const start = extractor.layout.slotCount;
  extractor.writeCandidate(queryIds, extractor.prepareCross(profile, CONTEXT), itemIndex, { ids, start });
  expect([...ids.subarray(0, start), ...ids.subarray(2 * start)].every((id) => id === 77)).toBe(true);
  return Array.from(ids.subarray(start, 2 * start));
}

describe('FeatureExtractor', () => {
  it('composes a row of user, context, item and cross ids in layout order', () => {
    // recent: cup, unknown, padding; hour 13; then the product and how long ago it was viewed.
    expect(rowOf(aShopper(), 1)).toEqual([3, 1, -1, 4, 3, 3, 3]);
    expect(rowOf(aShopper(), 0)).toEqual([3, 1, -1, 4, 2, 2, 0]);
  });

  it('gives missing ids for a shopper nothing is known of and unknown ids for a product training never saw', () => {
    expect(rowOf(emptyProfile(), 2)).toEqual([0, -1, -1, 4, 1, 0, 0]);
  });

  it('counts the slots of each group', () => {
    expect([extractor.querySlotCount, extractor.itemSlotCount, extractor.crossSlotCount]).toEqual([4, 2, 1]);
  });

  it('holds the item ids of the whole catalogue, row by row', () => {
    expect(Array.from(extractor.itemRows.subarray(0, 6))).toEqual([2, 2, 3, 3, 1, 0]);
  });

  it('keeps a product as it was until it is refreshed', () => {
    catalogue.put({ itemId: 'tea', isAvailable: true, price: 6 });
    expect(rowOf(emptyProfile(), 0)).toEqual([0, -1, -1, 4, 2, 2, 0]);
    extractor.refreshItem(0);
    expect(rowOf(emptyProfile(), 0)).toEqual([0, -1, -1, 4, 2, 3, 0]);
  });

  it('refreshes one product and leaves the others alone', () => {
    catalogue.put({ itemId: 'tea', isAvailable: true, price: 6 });
    catalogue.put({ itemId: 'cup', isAvailable: true, price: 1 });
    extractor.refreshItem(0);
    expect(Array.from(extractor.itemRows.subarray(0, 4))).toEqual([2, 3, 3, 3]);
  });

  it('takes in products added later and keeps the rows of the others', () => {
    const before = extractor.catalogue.size;
    for (let i = 0; i < 40; i++) catalogue.put({ itemId: i === 7 ? 'pot' : `new ${i}`, isAvailable: true, price: i });
    extractor.refreshItems(before);
    expect(rowOf(emptyProfile(), before + 7)).toEqual([0, -1, -1, 4, 4, 3, 0]);
    expect(rowOf(emptyProfile(), before + 1)).toEqual([0, -1, -1, 4, 1, 2, 0]);
    expect(rowOf(emptyProfile(), 1)).toEqual([0, -1, -1, 4, 3, 3, 0]);
    expect(extractor.itemRows.length).toBeGreaterThanOrEqual(catalogue.size * 2);
  });

  it('sees a product added later in the history and in the cross fields', () => {
    const profile = emptyProfile();
    profile.recent.view_item = { itemIds: ['pot'], atMs: [NOW_MS - 30 * MS_PER_HOUR] };
    const index = catalogue.put({ itemId: 'pot', isAvailable: true });
    extractor.refreshItems(index);
    expect(rowOf(profile, index)).toEqual([4, -1, -1, 4, 4, 0, 4]);
  });

  it('writes cross ids of a prepared request as they were, whatever happens to the profile afterwards', () => {
    const share: FeatureField = {
      ...{ name: 'share', group: 'cross', kind: 'bucketized', signal: 'interest_share', boundaries: [0.1, 0.5] },
      parameters: { by: 'brand' },
    };
    catalogue.put({ itemId: 'cup', isAvailable: true, brand: 'mug' });
    const extended = new FeatureExtractor(layoutFields([...FIELDS, share]), catalogue);
    const profile = aShopper();
    setInterest(profile.interests.brand, 'mug', 1);
    setInterest(profile.interests.brand, 'other', 3);
    const cross = extended.prepareCross(profile, CONTEXT);
    const slots = extended.layout.groupSlots.cross;
    const idsOf = (item: number): number[] => {
      const ids = new Int32Array(slots[1]);
      cross.write(item, ids, 0);
      return Array.from(ids.subarray(slots[0]));
    };
    const before = [idsOf(1), idsOf(0)];
    expect(before).toEqual([
      [3, 3],
      [0, 2],
    ]);
    profile.recent.view_item.atMs.fill(NOW_MS);
    setInterest(profile.interests.brand, 'mug', 1_000);
    expect([idsOf(1), idsOf(0)]).toEqual(before);
  });

  it('writes columns of cross ids like rows', () => {
    const cross = extractor.prepareCross(aShopper(), CONTEXT);
    const slot = extractor.layout.groupSlots.cross[0];
    const items = Int32Array.of(1, 2, 0, 1);
    const column = new Int32Array(5).fill(77);
    cross.writeColumn(slot, items, 4, column);
    expect(Array.from(column)).toEqual([3, 0, 0, 3, 77]);
    expect(cross.constantOf(slot)).toBeUndefined();
    const ofNobody = extractor.prepareCross(emptyProfile(), CONTEXT);
    ofNobody.writeColumn(slot, items, 4, column);
    expect(Array.from(column)).toEqual([0, 0, 0, 0, 77]);
    expect(ofNobody.constantOf(slot)).toBe(0);
  });

  it('tells who watches of every product whose ids were computed anew', () => {
    const seen: number[] = [];
    const unwatch = extractor.watchItems((item) => seen.push(item));
    extractor.refreshItem(1);
    extractor.refreshItems(catalogue.put({ itemId: 'pot', isAvailable: true }));
    unwatch();
    extractor.refreshItem(0);
    expect(seen).toEqual([1, 3]);
  });

  it('writes a query anywhere in an array', () => {
    const ids = new Int32Array(10).fill(77);
    extractor.writeQuery(aShopper(), CONTEXT, ids, 3);
    expect(Array.from(ids)).toEqual([77, 77, 77, 3, 1, -1, 4, 77, 77, 77]);
  });

  it('takes a field without a signal for a bug', () => {
    expect(() => new FeatureExtractor(layoutFields([{ ...FIELDS[1]!, signal: 'nothing' }]), catalogue)).toThrow(
      /field "hour" has no signal "nothing"/,
    );
  });
});
