import { MS_PER_MINUTE } from '../../features/core/clock.ts';
import { SeededRandom } from '../../features/core/seeded-random.ts';
import { EVENT_TYPE_INDEX } from '../../features/profile/event.ts';
import type { Profile } from '../../features/profile/profile.ts';
import type { CrossWriter } from '../../features/schema/cross-fields.ts';
import type { FeatureExtractor } from '../../features/schema/feature-extractor.ts';
import type { Dataset } from '../datasets/dataset.ts';
import { type ExampleSet, ExampleSetBuilder } from './example-set.ts';
import type { ProfileReplay, ReplayStep } from './profile-replay.ts';
import type { TargetRule } from './target-rule.ts';

/** How examples are made of events. */
export interface ExampleOptions {
  readonly target: TargetRule;
  /** Products not taken that stand beside each one taken, drawn from those any event named so far; not used with ratings. */
  readonly negativeCount: number;
  /** Share of them drawn by how often products were taken so far; the others uniformly. */
  readonly popularNegativeRatio: number;
  /** Products shown in the last list and passed over that stand beside each one taken. */
  readonly shownNegativeCount: number;
  /** Share of products taken that are asked of what was known when the visit began instead of the moment before. */
  readonly visitStartRatio: number;
  readonly seed: number;
}

export const DEFAULT_EXAMPLE_OPTIONS: Omit<ExampleOptions, 'target' | 'seed'> = {
  negativeCount: 4,
  popularNegativeRatio: 0.5,
  shownNegativeCount: 2,
  visitStartRatio: 0.4,
};

const SHOWN = EVENT_TYPE_INDEX.view_item_list;
const PURCHASE = EVENT_TYPE_INDEX.purchase;

/** A visit ends after this long without an event, the usual bound of web analytics. */
export const VISIT_GAP_MS = 30 * MS_PER_MINUTE;

/** What was known at one moment, in numeric form: nothing of it changes when the profile does. */
interface QueryState {
  readonly queryIds: Int32Array;
  readonly cross: CrossWriter;
}

/**
 * Makes examples point in time: features as of the moment before each event, from the profile a replay has then.
 *
 * Call {@link build} for windows in order; each starts where the replay stands.
 */
export class ExampleMaker {
  private readonly dataset: Dataset;
  private readonly extractor: FeatureExtractor;
  private readonly replay: ProfileReplay;
  private readonly options: ExampleOptions;
  private readonly random: SeededRandom;
  private readonly isTarget: Uint8Array;
  /** Every product taken so far, repeated: a draw from it is a draw by popularity. */
  private readonly taken: number[] = [];
  /** Distinct products named so far: one not launched yet must not be learned as refused. */
  private readonly known: number[] = [];
  private readonly isKnown: Uint8Array;
  private readonly lastShown = new Map<number, number[]>();
  /** A first visit has no start worth asking: nothing was known then. */
  private readonly visits = new Map<number, { lastAtMs: number; start: QueryState | undefined }>();
  private readonly row: { ids: Int32Array; start: number };

  constructor(dataset: Dataset, extractor: FeatureExtractor, replay: ProfileReplay, options: ExampleOptions) {
    this.dataset = dataset;
    this.extractor = extractor;
    this.replay = replay;
    this.options = options;
    this.random = new SeededRandom(options.seed);
    this.isTarget = new Uint8Array(Object.keys(EVENT_TYPE_INDEX).length);
    if (options.target.kind === 'events')
      for (const type of options.target.types) this.isTarget[EVENT_TYPE_INDEX[type]] = 1;
    this.isKnown = new Uint8Array(dataset.catalogue.size);
    this.row = { ids: new Int32Array(extractor.layout.slotCount), start: 0 };
  }

  /** Examples of the events up to row `endRow`. */
  build(endRow: number, onProgress: (doneRatio: number) => void = () => {}): ExampleSet {
    const builder = new ExampleSetBuilder(this.extractor.querySlotCount, this.extractor.crossSlotCount);
    const startRow = this.replay.row;
    this.replay.playTo(endRow, (step) => {
      if (this.options.target.kind === 'events') this.trackVisit(step);
      if (this.options.target.kind === 'value') this.addRated(builder, step, this.options.target.atLeast);
      else this.addTaken(builder, step);
      if (step.type === SHOWN) this.rememberShown(step);
      this.rememberKnown(step);
      if (step.fromRow % 4096 === 0) onProgress((step.fromRow - startRow) / (endRow - startRow));
    });
    return builder.build();
  }

  private addRated(builder: ExampleSetBuilder, step: ReplayStep, atLeast: number): void {
    const { events } = this.dataset;
    for (let row = step.fromRow; row < step.toRow; row++) {
      const item = events.item[row]!;
      const value = events.value[row]!;
      if (item < 0 || Number.isNaN(value)) continue;
      this.addQuery(builder, this.stateOf(step), { items: [item], target: value >= atLeast ? 1 : 0, atMs: step.atMs });
    }
  }

  private addTaken(builder: ExampleSetBuilder, step: ReplayStep): void {
    if (this.isTarget[step.type] !== 1) return;
    const together = this.itemsOf(step);
    for (const item of together) {
      if (!isLastSeen(step.profile, this.dataset.catalogue.itemIds[item]!)) {
        const items = [item, ...this.drawNegatives(step.shopper, item, together)];
        const state = this.asksVisitStart() ? this.visits.get(step.shopper)?.start : undefined;
        this.addQuery(builder, state ?? this.stateOf(step), { items, target: 1, atMs: step.atMs });
      }
      if (step.type === PURCHASE) this.addVisitPurchase(builder, step, { item, together });
    }
    // Only now: what one event takes together must not be drawn as refused in it.
    for (const item of together) this.taken.push(item);
  }

  /** Products an event names, each once. */
  private itemsOf(step: ReplayStep): Set<number> {
    return new Set(this.dataset.events.item.subarray(step.fromRow, step.toRow).filter((item) => item >= 0));
  }

  private asksVisitStart(): boolean {
    const { visitStartRatio } = this.options;
    return visitStartRatio > 0 && this.random.next() < visitStartRatio;
  }

  /**
   * A purchase also answers what was worth showing when the visit began: just before it, the product was on the screen already, and
   * home pages are seen at the beginning.
   */
  private addVisitPurchase(
    builder: ExampleSetBuilder,
    step: ReplayStep,
    { item, together }: { item: number; together: ReadonlySet<number> },
  ): void {
    const start = this.visits.get(step.shopper)?.start;
    if (start === undefined) return;
    const items = [item, ...this.drawNegatives(step.shopper, item, together)];
    this.addQuery(builder, start, { items, target: 1, atMs: step.atMs });
  }

  private trackVisit(step: ReplayStep): void {
    if (step.shopper < 0) return;
    const visit = this.visits.get(step.shopper);
    if (visit !== undefined && step.atMs - visit.lastAtMs <= VISIT_GAP_MS) visit.lastAtMs = step.atMs;
    else {
      const start = step.profile.lastSeenAtMs > 0 ? this.stateOf(step) : undefined;
      this.visits.set(step.shopper, { lastAtMs: step.atMs, start });
    }
  }

  private stateOf(step: ReplayStep): QueryState {
    const queryIds = new Int32Array(this.extractor.querySlotCount);
    this.extractor.writeQuery(step.profile, step.context, queryIds);
    return { queryIds, cross: this.extractor.prepareCross(step.profile, step.context) };
  }

  /** Adds a query whose first item has `target`, all others 0. */
  private addQuery(
    builder: ExampleSetBuilder,
    state: QueryState,
    judged: { items: readonly number[]; target: 0 | 1; atMs: number },
  ): void {
    const { extractor, row } = this;
    const query = builder.beginQuery();
    query.ids.set(state.queryIds, query.start);
    const crossStart = extractor.layout.groupSlots.cross[0];
    judged.items.forEach((item, place) => {
      const { ids, start } = builder.addExample(item, place === 0 ? judged.target : 0);
      state.cross.write(item, row.ids, 0);
      for (let slot = 0; slot < extractor.crossSlotCount; slot++) ids[start + slot] = row.ids[crossStart + slot]!;
    });
    builder.endQuery(judged.atMs);
  }

  /** @param together what the event takes: none of it is refused */
  private drawNegatives(shopper: number, takenItem: number, together: ReadonlySet<number>): number[] {
    const { negativeCount, popularNegativeRatio, shownNegativeCount } = this.options;
    const { random, taken } = this;
    const negatives: number[] = [];
    for (let i = 0; i < negativeCount && this.known.length > 0; i++) {
      const isPopular = taken.length > 0 && random.next() < popularNegativeRatio;
      const pool = isPopular ? taken : this.known;
      const item = pool[random.nextInt(pool.length)]!;
      if (!together.has(item)) negatives.push(item);
    }
    const shown = this.lastShown.get(shopper);
    if (shown === undefined || !shown.includes(takenItem)) return negatives;
    for (let i = 0; i < shownNegativeCount; i++) {
      const item = shown[random.nextInt(shown.length)]!;
      if (!together.has(item)) negatives.push(item);
    }
    return negatives;
  }

  private rememberKnown(step: ReplayStep): void {
    for (const item of this.itemsOf(step)) {
      if (this.isKnown[item] === 1) continue;
      this.isKnown[item] = 1;
      this.known.push(item);
    }
  }

  private rememberShown(step: ReplayStep): void {
    // Events of nobody known are not one shopper's.
    if (step.shopper >= 0) this.lastShown.set(step.shopper, [...this.itemsOf(step)]);
  }
}

/**
 * Whether a product is the one the shopper just dealt with: viewing, then carting, then buying the same product is one decision, and
 * recommending what is on the screen is no use, so only the first counts.
 */
export function isLastSeen(profile: Profile, itemId: string): boolean {
  let lastAtMs = 0;
  for (const { atMs } of Object.values(profile.recent)) lastAtMs = Math.max(lastAtMs, atMs[0] ?? 0);
  if (lastAtMs === 0) return false;
  for (const { itemIds, atMs } of Object.values(profile.recent)) {
    for (let i = 0; i < atMs.length && atMs[i] === lastAtMs; i++) if (itemIds[i] === itemId) return true;
  }
  return false;
}
