import { describe, expect, it } from 'vitest';
import { VitrineError } from '../../features/core/errors.ts';
import { FeatureExtractor } from '../../features/schema/feature-extractor.ts';
import type { FeatureField } from '../../features/schema/feature-schema.ts';
import { layoutFields } from '../../features/schema/field-layout.ts';
import { aDataset, START_MS, type TestEvent } from '../examples/testing/a-dataset.ts';
import { type CaseOptions, collectCases } from './evaluation-cases.ts';

const VOCABULARY = ['a', 'b', 'c'];
const FIELDS: FeatureField[] = [
  {
    ...{ name: 'last', group: 'user', kind: 'categorical', signal: 'recent_items', vocabulary: VOCABULARY },
    parameters: { event: 'view_item' },
  },
  { name: 'item_id', group: 'item', kind: 'categorical', signal: 'item_id', vocabulary: VOCABULARY },
  {
    ...{ name: 'viewed', group: 'cross', kind: 'bucketized', signal: 'hours_since_item_event', boundaries: [1, 24] },
    parameters: { event: 'view_item' },
  },
];

interface ReadableCase {
  readonly minute: number;
  readonly user: string;
  readonly recent: readonly string[];
  readonly excluded: string | undefined;
  readonly targets: readonly string[];
  /** Id of the product viewed last. */
  readonly last: number;
}

/** Cases of the events from minute 1000 on. */
function casesOf(events: readonly TestEvent[], options: Partial<CaseOptions> = {}): ReadableCase[] {
  const dataset = aDataset({ events });
  const { itemIds } = dataset.catalogue;
  const extractor = new FeatureExtractor(layoutFields(FIELDS), dataset.catalogue);
  const cases = collectCases(dataset, extractor, {
    ...{ protocol: 'next', maxCases: 1000, interestHalfLifeDays: 14 },
    testStart: dataset.events.atMs.findIndex((atMs) => atMs >= START_MS + 1000 * 60_000),
    targetTypes: ['view_item', 'add_to_cart', 'purchase'],
    ...options,
  });
  return cases.map((one) => ({
    minute: (one.atMs - START_MS) / 60_000,
    user: one.userId,
    recent: one.recentItems.map((item) => itemIds[item]!),
    excluded: itemIds[one.excludedItem],
    targets: [...one.targets].map((item) => itemIds[item]!),
    last: one.queryIds[0]!,
  }));
}

const HISTORY: TestEvent[] = [
  { minute: 0, user: 'u', item: 'a' },
  { minute: 1, user: 'u', item: 'b' },
  { minute: 2, user: 'v', item: 'c' },
];

describe('collectCases by next product', () => {
  const targetsOf = (...events: TestEvent[]): unknown[] =>
    casesOf([...HISTORY, ...events]).map(({ minute, targets }) => [minute, ...targets]);

  it('asks for the product of each event of the window, knowing everything before it', () => {
    const events: TestEvent[] = [
      { minute: 1000, user: 'u', item: 'a' },
      { minute: 1001, user: 'u', type: 'purchase', item: 'c' },
    ];
    expect(casesOf([...HISTORY, ...events])).toEqual([
      { minute: 1000, user: 'u', recent: ['b', 'a'], excluded: 'b', targets: ['a'], last: 3 },
      { minute: 1001, user: 'u', recent: ['a', 'b'], excluded: 'a', targets: ['c'], last: 2 },
    ]);
  });

  it('does not ask for the product just seen, nor recommends it', () => {
    expect(
      targetsOf(
        { minute: 1000, user: 'u', item: 'b' },
        { minute: 1001, user: 'u', item: 'c' },
        { minute: 1002, user: 'u', type: 'add_to_cart', item: 'c' },
        { minute: 1003, user: 'u', item: 'a' },
      ),
    ).toEqual([
      [1001, 'c'],
      [1003, 'a'],
    ]);
  });

  it('asks for each product of a multi-item event, and for none of them right afterwards', () => {
    expect(
      targetsOf(
        { minute: 1000, user: 'u', type: 'purchase', item: ['a', 'c'] },
        { minute: 1001, user: 'u', item: 'a' },
        { minute: 1002, user: 'u', item: 'c' },
      ),
    ).toEqual([
      [1000, 'a'],
      [1000, 'c'],
      [1002, 'c'],
    ]);
  });

  it('leaves shoppers without history, products new in the window and other events out', () => {
    expect(
      targetsOf(
        { minute: 1000, user: 'new', item: 'a' },
        { minute: 1001, item: 'a' },
        { minute: 1002, user: 'u', item: 'fresh' },
        { minute: 1003, user: 'u', item: 'fresher' },
        { minute: 1004, user: 'u', item: 'fresh' },
        { minute: 1005, user: 'u', type: 'add_to_wishlist', item: 'c' },
        { minute: 1006, user: 'u', type: 'search' },
        { minute: 1007, user: 'new', item: 'b' },
      ),
    ).toEqual([[1007, 'b']]);
  });

  it('takes every n-th case when there are more than asked for', () => {
    const events = Array.from({ length: 10 }, (_, i) => ({
      ...{ minute: 1000 + i, user: 'u', item: i % 2 === 0 ? 'a' : 'c' },
    }));
    const minutes = (maxCases: number): number[] =>
      casesOf([...HISTORY, ...events], { maxCases }).map(({ minute }) => minute);
    expect(minutes(10)).toHaveLength(10);
    expect(minutes(4)).toEqual([1000, 1003, 1006, 1009]);
    expect(minutes(1)).toEqual([1000]);
  });

  it('keeps a case as it was when the shopper goes on', () => {
    const dataset = aDataset({
      events: [
        ...HISTORY,
        { minute: 1000, user: 'u', item: 'c' },
        { minute: 5000, user: 'u', item: 'a' },
        { minute: 5001, user: 'u', item: 'b' },
      ],
    });
    const extractor = new FeatureExtractor(layoutFields(FIELDS), dataset.catalogue);
    const [first] = collectCases(dataset, extractor, {
      ...{ protocol: 'next', testStart: 3, maxCases: 10, interestHalfLifeDays: 14, targetTypes: ['view_item'] },
    });
    const row = new Int32Array(3);
    extractor.writeCandidate(first!.queryIds, first!.cross, 0, { ids: row, start: 0 });
    // At minute 1000: b viewed last; a viewed 16 to 17 hours before.
    expect(Array.from(row)).toEqual([3, 2, 3]);
  });
});

describe('collectCases by visit', () => {
  const visits = (...events: TestEvent[]): unknown[] =>
    casesOf([...HISTORY, ...events], { protocol: 'visit', targetTypes: ['purchase'] }).map(
      ({ minute, user, targets }) => [minute, user, ...targets],
    );
  const buy = (minute: number, item: string | string[], user = 'u'): TestEvent => ({
    ...{ minute, user, type: 'purchase', item },
  });

  it('asks at the start of a visit for everything taken in it', () => {
    expect(
      visits(
        { minute: 1000, user: 'u', item: 'a' },
        { minute: 1001, user: 'v', item: 'a' },
        buy(1010, ['a', 'b']),
        buy(1020, 'c'),
        buy(1025, 'a'),
        buy(1026, 'c', 'v'),
      ),
    ).toEqual([
      [1000, 'u', 'a', 'b', 'c'],
      [1001, 'v', 'c'],
    ]);
  });

  it('begins a new visit after more than 30 minutes without an event of any type', () => {
    expect(
      visits(
        { minute: 1000, user: 'u', item: 'a' },
        buy(1030, 'b'),
        { minute: 1060, user: 'u', type: 'search' },
        buy(1090, 'c'),
      ),
    ).toEqual([[1000, 'u', 'b', 'c']]);
    expect(visits({ minute: 1000, user: 'u', item: 'a' }, buy(1010, 'b'), buy(1041, 'c'))).toEqual([
      [1000, 'u', 'b'],
      [1041, 'u', 'c'],
    ]);
  });

  it('knows what was known when the visit began, and recommends anything', () => {
    const [one] = casesOf([...HISTORY, { minute: 1000, user: 'u', item: 'c' }, buy(1001, 'a')], {
      ...{ protocol: 'visit', targetTypes: ['purchase'] },
    });
    expect(one).toMatchObject({ recent: ['b', 'a'], excluded: undefined, last: 3 });
  });

  it('asks of shoppers without history too', () => {
    expect(visits({ minute: 1000, user: 'new', item: 'a' }, buy(1001, 'b', 'new'))).toEqual([[1000, 'new', 'b']]);
  });

  it('leaves out visits without a target, and those that began before the window', () => {
    expect(
      visits(
        { minute: 990, user: 'u', item: 'a' },
        buy(1001, 'b'),
        { minute: 1002, user: 'v', item: 'a' },
        buy(2000, 'c', 'v'),
      ),
    ).toEqual([[2000, 'v', 'c']]);
  });

  it('does not take those nobody knows for one shopper', () => {
    const unknown = (minute: number, item: string): TestEvent => ({ minute, type: 'purchase', item });
    expect(visits(unknown(1000, 'a'), unknown(1001, 'b'), buy(1002, 'c'))).toEqual([[1002, 'u', 'c']]);
  });
});

describe('collectCases', () => {
  it('refuses a window without a target, naming what was looked for', () => {
    const cases = (): unknown =>
      casesOf([...HISTORY, { minute: 1000, user: 'u', item: 'a' }], { targetTypes: ['purchase', 'refund'] });
    expect(cases).toThrow(VitrineError);
    expect(cases).toThrow(/the test window of test has no purchase or refund of a known product; use a larger --test-/);
  });
});
