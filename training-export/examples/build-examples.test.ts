import { describe, expect, it } from 'vitest';
import { DEFAULT_PROFILE_POLICY } from '../../features/profile/apply-event.ts';
import { emptyProfile } from '../../features/profile/profile.ts';
import { FeatureExtractor } from '../../features/schema/feature-extractor.ts';
import type { FeatureField } from '../../features/schema/feature-schema.ts';
import { layoutFields } from '../../features/schema/field-layout.ts';
import type { Dataset } from '../datasets/dataset.ts';
import { ExampleMaker, type ExampleOptions, isLastSeen } from './build-examples.ts';
import type { ExampleSet } from './example-set.ts';
import { ProfileReplay } from './profile-replay.ts';
import { aDataset, aShop, START_MS, type TestEvent } from './testing/a-dataset.ts';

const FIELDS: FeatureField[] = [
  {
    ...{ name: 'last', group: 'user', kind: 'categorical', signal: 'recent_items', vocabulary: ['a', 'b', 'c'] },
    parameters: { event: 'view_item' },
  },
  { name: 'hour', group: 'context', kind: 'bucketized', signal: 'hour', boundaries: [1, 2, 3] },
  { name: 'item_id', group: 'item', kind: 'categorical', signal: 'item_id', vocabulary: ['a', 'b', 'c'] },
  {
    ...{ name: 'viewed', group: 'cross', kind: 'bucketized', signal: 'hours_since_item_event', boundaries: [1, 2] },
    parameters: { event: 'view_item' },
  },
];
const OPTIONS: ExampleOptions = {
  ...{ negativeCount: 0, popularNegativeRatio: 0.5, shownNegativeCount: 0, visitStartRatio: 0, seed: 1 },
  target: { kind: 'events', types: ['view_item', 'add_to_cart', 'purchase'] },
};

function makerOf(dataset: Dataset, options: Partial<ExampleOptions> = {}): ExampleMaker {
  const extractor = new FeatureExtractor(layoutFields(FIELDS), dataset.catalogue);
  return new ExampleMaker(dataset, extractor, new ProfileReplay(dataset, DEFAULT_PROFILE_POLICY), {
    ...OPTIONS,
    ...options,
  });
}

function build(events: readonly TestEvent[], options: Partial<ExampleOptions> = {}): ExampleSet & { names: string[] } {
  const dataset = aDataset({ events });
  const set = makerOf(dataset, options).build(dataset.events.count);
  return { ...set, names: Array.from(set.itemIndexes, (item) => dataset.catalogue.itemIds[item]!) };
}

/** Item names of each query, the taken one first. */
function byQuery(set: ReturnType<typeof build>): string[][] {
  return Array.from({ length: set.queryCount }, (_, q) => set.names.slice(set.queryStarts[q], set.queryStarts[q + 1]));
}

const HOUR = 60;

describe('ExampleMaker', () => {
  it('writes what was known before each event', () => {
    const set = build([
      { minute: 0, user: 'u', item: 'a' },
      { minute: HOUR, user: 'u', item: 'b' },
      { minute: 2 * HOUR, user: 'v', item: 'a' },
      { minute: 3 * HOUR, user: 'u', item: 'a' },
    ]);
    // Last viewed (0 = none, 2 = a, 3 = b) and the hour 0, 1, 2, 3 as buckets.
    expect(Array.from(set.queryRows)).toEqual([0, 2, 2, 3, 0, 4, 3, 5]);
    expect(set.names).toEqual(['a', 'b', 'a', 'a']);
    // Nothing viewed; b never viewed; nothing viewed by v; a viewed by u three hours ago.
    expect(Array.from(set.crossIds)).toEqual([0, 0, 0, 4]);
    expect(Array.from(set.targets)).toEqual([1, 1, 1, 1]);
    expect(Array.from(set.queryAtMs, (atMs) => (atMs - START_MS) / 60_000)).toEqual([0, 60, 120, 180]);
  });

  it('leaves out the product the shopper just dealt with, and events that are no target', () => {
    const set = build([
      { minute: 0, user: 'u', item: 'a' },
      { minute: 1, user: 'u', type: 'add_to_cart', item: 'a' },
      { minute: 2, user: 'u', type: 'add_to_cart', item: 'b' },
      { minute: 3, user: 'u', type: 'add_to_wishlist', item: 'c' },
      { minute: 4, user: 'u', item: 'a' },
      { minute: 5, user: 'u', type: 'search' },
    ]);
    expect(set.names).toEqual(['a', 'b', 'a']);
  });

  it('makes a query of its own for each product of one event, from the same moment', () => {
    const set = build(
      [
        { minute: 0, user: 'u', item: 'c' },
        { minute: 90, user: 'u', type: 'begin_checkout', item: ['a', 'b', 'a'] },
      ],
      { target: { kind: 'events', types: ['begin_checkout'] } },
    );
    expect(byQuery(set)).toEqual([['a'], ['b']]);
    expect(Array.from(set.queryRows)).toEqual([4, 3, 4, 3]);
  });

  it('asks what was bought of the moment before, and of the beginning of the visit', () => {
    const set = build([
      { minute: 0, user: 'u', item: 'a' },
      { minute: 3 * HOUR, user: 'u', item: 'b' },
      { minute: 3 * HOUR + 20, user: 'u', item: 'c' },
      { minute: 3 * HOUR + 40, user: 'u', type: 'purchase', item: ['c', 'b'] },
    ]);
    // c is what was seen last, so only the visit's beginning is asked of it; b is asked of both.
    expect(set.names).toEqual(['a', 'b', 'c', 'c', 'b', 'b']);
    // The visit began when a had been viewed last (2), three hours before; the moment before, c had been (4).
    expect(Array.from(set.queryRows).filter((_, i) => i % 2 === 0)).toEqual([0, 2, 3, 2, 4, 2]);
    expect(Array.from(set.crossIds)).toEqual([0, 0, 0, 0, 2, 0]);
    expect(set.queryAtMs.at(-1)).toBe(START_MS + (3 * HOUR + 40) * 60_000);
  });

  it('asks the stated share of what was known when the visit began', () => {
    // Each shopper views c, then another day a and b: a is last when b is asked of the moment before, c when of the visit's beginning.
    const events: TestEvent[] = [0, 1000 * HOUR].flatMap((from, day) =>
      Array.from({ length: 300 }, (_, u) =>
        (day === 0 ? ['c'] : ['a', 'b']).map((item, i) => ({ minute: from + 2 * u + i, user: `u${u}`, item })),
      ).flat(),
    );
    const shareAtStart = (visitStartRatio: number): number => {
      const set = build(events, { visitStartRatio });
      const lastViewed = Array.from({ length: set.queryCount }, (_, q) => set.queryRows[2 * q]!);
      const ofB = lastViewed.filter((_, q) => set.names[q] === 'b');
      return ofB.filter((id) => id === 4).length / ofB.length;
    };
    expect([shareAtStart(0), shareAtStart(1)]).toEqual([0, 1]);
    expect(shareAtStart(0.4)).toBeCloseTo(0.4, 1);
  });

  it('begins a visit after half an hour without an event', () => {
    const lastViewed = (gap: number): number => {
      const events = [
        { minute: -10 * HOUR, user: 'u', item: 'c' },
        { minute: 0, user: 'u', item: 'a' },
        { minute: 10, user: 'u', type: 'search' as const },
        { minute: 10 + gap, user: 'u', item: 'b' },
      ];
      return build(events, { visitStartRatio: 1 }).queryRows[4]!;
    };
    // What had been viewed last when the visit with b began: c, unless that with a had ended before.
    expect([lastViewed(30), lastViewed(30.1)]).toEqual([4, 2]);
  });

  it('asks the first visit of the moment before alone, since nothing was known when it began', () => {
    const events: TestEvent[] = [
      { minute: 0, user: 'u', item: 'a' },
      { minute: 1, user: 'u', item: 'b' },
      { minute: 2, user: 'u', type: 'purchase', item: 'a' },
    ];
    const set = build(events, { visitStartRatio: 1 });
    expect([set.names, Array.from(set.queryRows).filter((_, i) => i % 2 === 0)]).toEqual([
      ['a', 'b', 'a'],
      [0, 2, 3],
    ]);
  });

  it('makes an example of every rating, none of rows without one', () => {
    const rate = (minute: number, item: string, value?: number): TestEvent => ({
      ...{ minute, user: 'u', item },
      ...(value === undefined ? {} : { value }),
    });
    const set = build([rate(0, 'a', 5), rate(1, 'a', 3), rate(2, 'b', 4), rate(3, 'c')], {
      target: { kind: 'value', atLeast: 4 },
      negativeCount: 3,
    });
    expect([set.names, Array.from(set.targets)]).toEqual([
      ['a', 'a', 'b'],
      [1, 0, 1],
    ]);
  });

  it('continues the next window where the last one ended', () => {
    const dataset = aDataset(aShop({ seed: 2, userCount: 20 }));
    const whole = makerOf(dataset, { negativeCount: 3, shownNegativeCount: 1 }).build(dataset.events.count);
    const maker = makerOf(dataset, { negativeCount: 3, shownNegativeCount: 1 });
    const parts = [maker.build(100), maker.build(101), maker.build(dataset.events.count)];
    const joined = (read: (set: ExampleSet) => ArrayLike<number>): number[] =>
      parts.flatMap((set) => Array.from(read(set)));
    expect(joined((set) => set.itemIndexes)).toEqual(Array.from(whole.itemIndexes));
    expect(joined((set) => set.queryRows)).toEqual(Array.from(whole.queryRows));
    expect(joined((set) => set.crossIds)).toEqual(Array.from(whole.crossIds));
    expect(joined((set) => set.targets)).toEqual(Array.from(whole.targets));
  });

  it('draws the same negatives for the same seed, others for another', () => {
    const dataset = aDataset(aShop({ seed: 2, userCount: 20 }));
    const drawn = (seed: number): number[] =>
      Array.from(makerOf(dataset, { negativeCount: 4, seed }).build(dataset.events.count).itemIndexes);
    expect(drawn(5)).toEqual(drawn(5));
    expect(drawn(5)).not.toEqual(drawn(6));
  });

  it('says how far it is, in shares of its window', () => {
    const dataset = aDataset(aShop({ seed: 2, userCount: 300, visitCount: 3 }));
    const ratios: number[] = [];
    makerOf(dataset).build(dataset.events.count, (ratio) => ratios.push(ratio));
    expect(ratios[0]).toBe(0);
    expect(ratios.every((ratio) => ratio >= 0 && ratio < 1)).toBe(true);
  });
});

describe('negatives', () => {
  const negativesOf = (set: ReturnType<typeof build>): string[][] => byQuery(set).map((names) => names.slice(1));

  it('stand after the taken product, as not taken', () => {
    const set = build(
      [
        { minute: 0, user: 'u', item: 'a' },
        { minute: 1, user: 'v', item: 'b' },
      ],
      { negativeCount: 2, popularNegativeRatio: 0 },
    );
    expect(byQuery(set)).toEqual([['a'], ['b', 'a', 'a']]);
    expect(Array.from(set.targets)).toEqual([1, 1, 0, 0]);
  });

  it('are products an earlier event named, never one taken in the same event', () => {
    const dataset = aDataset(aShop({ seed: 4, userCount: 40 }));
    const { events, catalogue } = dataset;
    const set = makerOf(dataset, { negativeCount: 6, shownNegativeCount: 2 }).build(events.count);
    const firstNamedAtMs = new Float64Array(catalogue.size).fill(Number.POSITIVE_INFINITY);
    for (let row = events.count - 1; row >= 0; row--) firstNamedAtMs[events.item[row]!] = events.atMs[row]!;
    const faults: string[] = [];
    let negativeCount = 0;
    for (let q = 0; q < set.queryCount; q++) {
      const [from, to] = [set.queryStarts[q]!, set.queryStarts[q + 1]!];
      for (let e = from + 1; e < to; e++, negativeCount++) {
        const item = set.itemIndexes[e]!;
        if (item === set.itemIndexes[from]) faults.push(`query ${q} refuses what it takes`);
        if (firstNamedAtMs[item]! >= set.queryAtMs[q]!) faults.push(`query ${q} knows product ${item} too early`);
        if (set.targets[from] !== 1 || set.targets[e] !== 0) faults.push(`query ${q} has the wrong targets`);
      }
    }
    expect(faults).toEqual([]);
    expect(negativeCount).toBeGreaterThan(1000);
  });

  it('never hold what is bought together with the taken product', () => {
    const set = build(
      [
        { minute: 0, user: 'u', item: 'a' },
        ...Array.from({ length: 30 }, (_, i) => ({
          ...{ minute: 1 + i, user: `u${i}`, type: 'purchase' as const, item: ['b', 'c'] },
        })),
      ],
      { negativeCount: 8, popularNegativeRatio: 0.5 },
    );
    // b and c are by far the most popular, and yet not refused by those who buy them both.
    const names = new Set(negativesOf(set).flat());
    expect([...names]).toEqual(['a']);
  });

  it('are not products of the catalogue that no event has named yet', () => {
    const dataset = aDataset({
      items: [{ itemId: 'later' }, { itemId: 'never' }],
      events: [
        ...Array.from({ length: 20 }, (_, i) => ({ minute: i, user: `u${i % 3}`, item: i % 2 === 0 ? 'a' : 'b' })),
        { minute: 30, user: 'u', item: 'later' },
      ],
    });
    const set = makerOf(dataset, { negativeCount: 10 }).build(dataset.events.count);
    const taken = Array.from(set.itemIndexes).filter((_, e) => set.targets[e] === 1);
    const refused = Array.from(set.itemIndexes).filter((_, e) => set.targets[e] === 0);
    expect(taken).toContain(0);
    expect(new Set(refused)).toEqual(new Set([2, 3]));
  });

  it('follow popularity in the share asked for', () => {
    // 40 takes of a, 1 of b, c known from a list only; then somebody takes d, 400 times over.
    const events: TestEvent[] = [
      { minute: 0, user: 's', type: 'view_item_list', item: ['c', 'd'] },
      ...Array.from({ length: 40 }, (_, i) => ({ minute: 1 + i, user: `a${i}`, item: 'a' })),
      { minute: 50, user: 'b', item: 'b' },
      { minute: 60, user: 'x', item: 'd' },
    ];
    const options = { negativeCount: 4000, popularNegativeRatio: 0.5 };
    const last = negativesOf(build(events, options)).at(-1)!;
    const shareOf = (name: string): number => last.filter((one) => one === name).length / options.negativeCount;
    // Uniform half: a, b, c, d a quarter each, d being the taken one is not used. Popular half: a 40/41, b 1/41.
    expect(shareOf('a')).toBeCloseTo(0.5 * 0.25 + 0.5 * (40 / 41), 1);
    expect(shareOf('b')).toBeCloseTo(0.5 * 0.25 + 0.5 / 41, 1);
    expect(shareOf('c')).toBeCloseTo(0.125, 1);
    expect(shareOf('d')).toBe(0);
  });

  it('take products shown with the taken one and passed over, of the same shopper alone', () => {
    const options = { shownNegativeCount: 40 };
    const list = (user: string | undefined, ...item: string[]): TestEvent => ({
      ...{ minute: 0, type: 'view_item_list', item },
      ...(user === undefined ? {} : { user }),
    });
    const view = (user: string | undefined, item: string): TestEvent => ({
      ...{ minute: 1, item },
      ...(user === undefined ? {} : { user }),
    });
    const shown = (...events: TestEvent[]): Set<string> => new Set(negativesOf(build(events, options)).flat());
    expect(shown(list('u', 'a', 'b', 'c'), view('u', 'a'))).toEqual(new Set(['b', 'c']));
    expect(shown(list('u', 'a', 'b', 'c'), view('v', 'a'))).toEqual(new Set());
    expect(shown(list('u', 'b', 'c'), view('u', 'a'))).toEqual(new Set());
    expect(shown(list('u', 'a', 'b'), list('u', 'a', 'c'), view('u', 'a'))).toEqual(new Set(['c']));
    // Nobody knows whether these two are one shopper.
    expect(shown(list(undefined, 'a', 'b'), view(undefined, 'a'))).toEqual(new Set());
  });

  it('are none while nothing is known', () => {
    expect(byQuery(build([{ minute: 0, user: 'u', item: 'a' }], { negativeCount: 5 }))).toEqual([['a']]);
  });
});

describe('isLastSeen', () => {
  it('holds for every product of the newest moment, in whichever list it stands', () => {
    const profile = emptyProfile();
    expect(isLastSeen(profile, 'a')).toBe(false);
    profile.recent.view_item = { itemIds: ['a', 'b'], atMs: [5, 4] };
    profile.recent.purchase = { itemIds: ['c', 'd', 'b'], atMs: [5, 5, 3] };
    expect(['a', 'b', 'c', 'd', 'e'].map((id) => isLastSeen(profile, id))).toEqual([true, false, true, true, false]);
  });
});
