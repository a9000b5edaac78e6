import { VitrineError } from '../../features/core/errors.ts';
import { EVENT_TYPE_INDEX, type EventType } from '../../features/profile/event.ts';
import type { Profile } from '../../features/profile/profile.ts';
import type { CrossWriter } from '../../features/schema/cross-fields.ts';
import type { FeatureExtractor } from '../../features/schema/feature-extractor.ts';
import type { SignalContext } from '../../features/schema/signals.ts';
import type { Dataset } from '../datasets/dataset.ts';
import { isLastSeen, VISIT_GAP_MS } from '../examples/build-examples.ts';
import { ProfileReplay, type ReplayStep } from '../examples/profile-replay.ts';

/**
 * What is asked of a recommender.
 *
 * `visit`: at the start of a visit, name what will be taken in it. `next`: before each event, name its product, with everything before it
 * known; a product that is the one just seen does not count.
 */
export const PROTOCOLS = ['visit', 'next'] as const;
export type Protocol = (typeof PROTOCOLS)[number];

/** One question with its answer, features computed as of its moment. */
export interface EvaluationCase {
  readonly atMs: number;
  readonly userId: string;
  /** User and context ids. */
  readonly queryIds: Int32Array;
  readonly cross: CrossWriter;
  /** Catalogue rows the shopper dealt with, newest first. */
  readonly recentItems: readonly number[];
  /** Never recommended (the product just seen); -1 = none. */
  readonly excludedItem: number;
  readonly targets: ReadonlySet<number>;
}

export interface CaseOptions {
  readonly protocol: Protocol;
  /** First row of the test window. */
  readonly testStart: number;
  /** Events that make an item a target. */
  readonly targetTypes: readonly EventType[];
  /** Take every n-th case so that at most this many remain. */
  readonly maxCases: number;
  readonly interestHalfLifeDays: number;
}

/**
 * Collects the cases of the test window. Targets are products with an event before the window: a product nobody has dealt with yet can be
 * found by no baseline. Shoppers without history make no case in `next` and do in `visit`.
 */
export function collectCases(dataset: Dataset, extractor: FeatureExtractor, options: CaseOptions): EvaluationCase[] {
  const collector = new CaseCollector(dataset, extractor, options);
  const replay = new ProfileReplay(dataset, { interestHalfLifeDays: options.interestHalfLifeDays });
  replay.playTo(options.testStart, (step) => collector.remember(step));
  replay.playTo(dataset.events.count, (step) => {
    if (options.protocol === 'next') collector.addNext(step);
    else collector.addToVisit(step);
    collector.remember(step);
  });
  const all = collector.cases.filter(({ targets }) => targets.size > 0);
  if (all.length === 0) {
    throw new VitrineError(
      'REC_INVALID_INPUT_DATA',
      `the test window of ${dataset.name} has no ${options.targetTypes.join(' or ')} of a known product; use a larger --test-ratio or other --target events`,
    );
  }
  const stride = Math.ceil(all.length / options.maxCases);
  return all.filter((_one, index) => index % stride === 0);
}

class CaseCollector {
  readonly cases: (EvaluationCase & { readonly targets: Set<number> })[] = [];
  private readonly dataset: Dataset;
  private readonly extractor: FeatureExtractor;
  private readonly isTarget: Uint8Array;
  private readonly isKnown: Uint8Array;
  private readonly openVisit = new Map<number, { lastAtMs: number; targets: Set<number> }>();

  constructor(dataset: Dataset, extractor: FeatureExtractor, options: CaseOptions) {
    this.dataset = dataset;
    this.extractor = extractor;
    this.isTarget = new Uint8Array(Object.keys(EVENT_TYPE_INDEX).length);
    for (const type of options.targetTypes) this.isTarget[EVENT_TYPE_INDEX[type]] = 1;
    this.isKnown = new Uint8Array(dataset.catalogue.size);
    for (let row = 0; row < options.testStart; row++)
      if (dataset.events.item[row]! >= 0) this.isKnown[dataset.events.item[row]!] = 1;
  }

  /** Keeps track of when each shopper was last active. */
  remember(step: ReplayStep): void {
    const visit = this.openVisit.get(step.shopper);
    if (visit === undefined) this.openVisit.set(step.shopper, { lastAtMs: step.atMs, targets: new Set() });
    else visit.lastAtMs = step.atMs;
  }

  addNext(step: ReplayStep): void {
    const { events, catalogue } = this.dataset;
    if (this.isTarget[step.type] !== 1 || step.profile.lastSeenAtMs === 0) return;
    for (let row = step.fromRow; row < step.toRow; row++) {
      const item = events.item[row]!;
      if (item < 0 || this.isKnown[item] !== 1 || isLastSeen(step.profile, catalogue.itemIds[item]!)) continue;
      this.cases.push(this.newCase(step, new Set([item]), true));
    }
  }

  addToVisit(step: ReplayStep): void {
    // Events of nobody known are not one shopper's visit.
    if (step.shopper < 0) return;
    const visit = this.openVisit.get(step.shopper);
    let targets = visit?.targets;
    if (visit === undefined || step.atMs - visit.lastAtMs > VISIT_GAP_MS) {
      targets = new Set();
      this.openVisit.set(step.shopper, { lastAtMs: step.atMs, targets });
      this.cases.push(this.newCase(step, targets, false));
    }
    if (this.isTarget[step.type] !== 1) return;
    for (let row = step.fromRow; row < step.toRow; row++) {
      const item = this.dataset.events.item[row]!;
      if (item >= 0 && this.isKnown[item] === 1) targets!.add(item);
    }
  }

  private newCase(
    step: ReplayStep,
    targets: Set<number>,
    excludesLastSeen: boolean,
  ): EvaluationCase & { targets: Set<number> } {
    const { extractor } = this;
    const queryIds = new Int32Array(extractor.querySlotCount);
    const context: SignalContext = step.context;
    extractor.writeQuery(step.profile, context, queryIds);
    const recentItems = recentItemsOf(step.profile, (itemId) => this.dataset.catalogue.indexOf(itemId));
    return {
      atMs: step.atMs,
      userId: context.userId,
      queryIds,
      cross: extractor.prepareCross(step.profile, context),
      recentItems,
      excludedItem: excludesLastSeen ? (recentItems[0] ?? -1) : -1,
      targets,
    };
  }
}

/** Products of all recent lists, newest first, each once. */
function recentItemsOf(profile: Profile, indexOf: (itemId: string) => number): number[] {
  const lastAtMs = new Map<number, number>();
  for (const { itemIds, atMs } of Object.values(profile.recent)) {
    itemIds.forEach((itemId, i) => {
      const item = indexOf(itemId);
      lastAtMs.set(item, Math.max(lastAtMs.get(item) ?? 0, atMs[i]!));
    });
  }
  return [...lastAtMs].sort((a, b) => b[1] - a[1]).map(([item]) => item);
}
