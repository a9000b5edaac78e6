import { describe, expect, it } from 'vitest';
import { DEFAULT_PROFILE_POLICY, type ProfilePolicy } from '../../features/profile/apply-event.ts';
import { EVENT_TYPES } from '../../features/profile/event.ts';
import type { Profile } from '../../features/profile/profile.ts';
import { DEFAULT_SCHEMA } from '../../features/schema/default-schema.ts';
import { FeatureExtractor } from '../../features/schema/feature-extractor.ts';
import type { FeatureSchemaDeclaration, FieldDeclaration } from '../../features/schema/feature-schema.ts';
import { type FieldLayout, layoutFields } from '../../features/schema/field-layout.ts';
import type { SignalContext } from '../../features/schema/signals.ts';
import type { Dataset } from '../datasets/dataset.ts';
import { DEFAULT_EXAMPLE_OPTIONS, ExampleMaker } from './build-examples.ts';
import type { ExampleSet } from './example-set.ts';
import { fitSchema } from './fit-schema.ts';
import { ProfileReplay, type ReplayStep } from './profile-replay.ts';
import { aDataset, aShop, type TestDataset, type TestEvent } from './testing/a-dataset.ts';

/** The default schema, and the signals that are made of whole histories. */
const SCHEMA: FeatureSchemaDeclaration = {
  fields: [
    ...DEFAULT_SCHEMA.fields,
    ...(
      [
        ['segment', { by: 'lifecycle' }],
        ['tag', { name: 'buyer', kind: 'purchases', measure: 'orders', min: 1 }],
      ] as const
    ).map(
      ([signal, parameters]): FieldDeclaration => ({
        ...{ name: signal, group: 'user', kind: 'categorical', signal, parameters },
      }),
    ),
    { name: 'churn', group: 'user', kind: 'bucketized', signal: 'churn_risk', quantileCount: 8 },
    { name: 'due', group: 'cross', kind: 'bucketized', signal: 'days_until_due', boundaries: [-9, -3, 0, 1, 3, 9] },
    { name: 'first_seen', group: 'user', kind: 'bucketized', signal: 'days_since_first_seen', quantileCount: 20 },
  ],
};

type ReplayClass = new (dataset: Dataset, policy: ProfilePolicy) => ProfileReplay;

/** The mistake this file exists for: the event is applied before its features are read. */
class LateReplay extends ProfileReplay {
  override playTo(endRow: number, visit: (step: ReplayStep) => void = () => {}): void {
    let held: ReplayStep | undefined;
    super.playTo(endRow, (step) => {
      if (held !== undefined) visit(held);
      held = step;
    });
    if (held !== undefined) visit(held);
  }
}

/** Another: profiles as they are at the end of the data. */
class HindsightReplay extends ProfileReplay {
  private readonly ended: ProfileReplay;
  constructor(dataset: Dataset, policy: ProfilePolicy) {
    super(dataset, policy);
    this.ended = new ProfileReplay(dataset, policy);
    this.ended.playTo(dataset.events.count);
  }
  override playTo(endRow: number, visit: (step: ReplayStep) => void = () => {}): void {
    super.playTo(endRow, (step) => visit({ ...step, profile: this.ended.profileOf(step.shopper) }));
  }
}

/** Notes all a model could see at each query: every product's row. */
class RecordingExtractor extends FeatureExtractor {
  readonly seen = new Map<number, string>();

  override writeQuery(profile: Profile, context: SignalContext, ids: Int32Array, start = 0): void {
    super.writeQuery(profile, context, ids, start);
    const cross = this.prepareCross(profile, context);
    const queryIds = ids.slice(start, start + this.querySlotCount);
    const row = { ids: new Int32Array(this.layout.slotCount), start: 0 };
    const rows = this.catalogue.itemIds.map((_, item) => {
      this.writeCandidate(queryIds, cross, item, row);
      return row.ids.join(',');
    });
    this.seen.set(context.nowMs, rows.join('\n'));
  }
}

function everythingSeen(content: TestDataset, layout: FieldLayout, Replay: ReplayClass): ReadonlyMap<number, string> {
  const dataset = aDataset(content);
  const extractor = new RecordingExtractor(layout, dataset.catalogue);
  examplesOf(dataset, extractor, Replay);
  return extractor.seen;
}

function examplesOf(dataset: Dataset, extractor: FeatureExtractor, Replay: ReplayClass): ExampleSet {
  const maker = new ExampleMaker(dataset, extractor, new Replay(dataset, DEFAULT_PROFILE_POLICY), {
    ...{ ...DEFAULT_EXAMPLE_OPTIONS, seed: 1 },
    target: { kind: 'events', types: ['view_item', 'add_to_cart', 'purchase'] },
  });
  return maker.build(dataset.events.count);
}

const SPARE = ['spare 0', 'spare 1', 'spare 2', 'spare 3', 'spare 4'];

/** A small shop with spare products that no event names, one event a minute. */
function aSmallShop(): TestDataset & { readonly items: NonNullable<TestDataset['items']> } {
  const shop = aShop({ seed: 8, userCount: 5, itemCount: 8, visitCount: 3 });
  const spare = SPARE.map((itemId, i) => ({ itemId, category: `spare > ${i}`, brand: 'brand 1', price: 3 + i }));
  return {
    ...shop,
    items: [...shop.items!, ...spare],
    events: shop.events.map((event, i) => ({ ...event, minute: 45 * i })),
  };
}

/** Another event of the same shopper at the same moment, so that a query is made, but of another product at another price. */
function otherEvent(event: TestEvent, i: number): TestEvent {
  return { ...event, item: SPARE[i % SPARE.length]!, price: 500, quantity: 3, value: 5000 };
}

/**
 * Moments whose features change when the event of that moment, or any later one, is another: none when features are point in time.
 */
function leaksOf(Replay: ReplayClass): number[] {
  const shop = aSmallShop();
  const layout = layoutFields(fitSchema(SCHEMA, aDataset(shop), aDataset(shop).events.count).schema.fields);
  const asItWas = everythingSeen(shop, layout, Replay);
  const atMsOf = new Map(shop.events.map(({ minute }) => [minute, aDataset({ events: [{ minute }] }).events.atMs[0]!]));
  const leaks: number[] = [];
  shop.events.forEach(({ minute, type = 'view_item' }, changedFrom) => {
    if (type === 'view_item_list') return;
    const events = shop.events.map((event, i) => (i < changedFrom ? event : otherEvent(event, i)));
    const changed = everythingSeen({ ...shop, events }, layout, Replay);
    for (const [atMs, seen] of asItWas) {
      if (atMs > atMsOf.get(minute)! || !changed.has(atMs) || changed.get(atMs) === seen) continue;
      leaks.push(atMs);
    }
  });
  return leaks;
}

describe('the features of an example', () => {
  it('do not depend on the event they are of, nor on any later one', () => {
    expect(leaksOf(ProfileReplay)).toEqual([]);
  });

  it('are caught depending on their own event when it is applied too early', () => {
    // Not at every event: those of one kind after another leave the same buckets.
    expect(leaksOf(LateReplay).length).toBeGreaterThan(20);
  });

  it('are caught depending on later events when profiles are those of the end', () => {
    expect(leaksOf(HindsightReplay).length).toBeGreaterThan(100);
  });
});

/** Every later event is another: other product, type, price and shopper. */
function withOtherFuture(dataset: Dataset, fromRow: number): Dataset {
  const { events, catalogue, userIds } = dataset;
  const later = <T extends Uint8Array | Int32Array | Float64Array>(column: T, change: (value: number) => number): T =>
    column.map((value, row) => (row < fromRow ? value : change(value))) as T;
  return {
    ...dataset,
    events: {
      ...events,
      item: later(events.item, (item) => (item + 5) % catalogue.size),
      type: later(events.type, (type) => (type + 1) % EVENT_TYPES.length),
      user: later(events.user, (user) => userIds.length - 1 - user),
      price: later(events.price, () => 777),
      value: later(events.value, () => 7777),
    },
  };
}

/** What examples of the queries before a moment consist of. */
function examplesBefore(set: ExampleSet, atMs: number): string {
  const queryCount = set.queryAtMs.findIndex((one) => one >= atMs);
  const exampleCount = set.queryStarts[queryCount]!;
  const parts: Record<string, ArrayLike<number>> = {
    queryRows: set.queryRows.subarray(0, queryCount * set.querySlotCount),
    queryStarts: set.queryStarts.subarray(0, queryCount + 1),
    itemIndexes: set.itemIndexes.subarray(0, exampleCount),
    crossIds: set.crossIds.subarray(0, exampleCount * set.crossSlotCount),
    targets: set.targets.subarray(0, exampleCount),
  };
  return Object.entries(parts)
    .map(([name, values]) => `${name} ${Array.from(values).join(',')}`)
    .join('\n');
}

describe('examples made of a dataset', () => {
  const dataset = aDataset(aShop({ seed: 6, userCount: 40 }));
  const layout = layoutFields(fitSchema(SCHEMA, dataset, 500).schema.fields);
  const made = (data: Dataset, Replay: ReplayClass): ExampleSet =>
    examplesOf(data, new FeatureExtractor(layout, data.catalogue), Replay);

  it.each([500, 800, 1100])('are the same up to row %i when everything after it is different', (row) => {
    // Between two events, so that the change begins at a moment of its own.
    while (dataset.events.atMs[row] === dataset.events.atMs[row - 1]) row++;
    const atMs = dataset.events.atMs[row]!;
    const asItWas = examplesBefore(made(dataset, ProfileReplay), atMs);
    expect(examplesBefore(made(withOtherFuture(dataset, row), ProfileReplay), atMs)).toBe(asItWas);
    expect(examplesBefore(made(withOtherFuture(dataset, row), HindsightReplay), atMs)).not.toBe(asItWas);
  });

  it('differ after the row from which everything is different', () => {
    const atMs = dataset.events.atMs.at(-1)!;
    const asItWas = examplesBefore(made(dataset, ProfileReplay), atMs);
    expect(examplesBefore(made(withOtherFuture(dataset, 500), ProfileReplay), atMs)).not.toBe(asItWas);
  });
});
