import { FILTER_KINDS, SOURCE_KINDS, type SourceKind } from '../config/scene-config.ts';
import type { ItemMarks } from './item-marks.ts';
import { NO_SIMILARITY, Proposals } from './proposals.ts';
import { newStageTimings, type StageTimings } from './stage-timings.ts';

/** Names of sources as replies state them; a candidate's source number is a place in this list. */
export const SOURCE_NAMES = [...SOURCE_KINDS, 'resident'] as const;
/** Products of the catalogue in catalogue order: the last resort. */
export const RESIDENT_SOURCE = SOURCE_KINDS.length;

const SOURCE_NUMBER = Object.fromEntries(SOURCE_KINDS.map((kind, number) => [kind, number])) as Record<
  SourceKind,
  number
>;

export function sourceNumberOf(kind: SourceKind): number {
  return SOURCE_NUMBER[kind];
}

/** Why candidates were taken out; places of {@link CandidateSet.removedCounts}. */
export const REMOVAL_REASONS = [...FILTER_KINDS, 'query_filter', 'audience', 'quota'] as const;
export type RemovalReason = (typeof REMOVAL_REASONS)[number];

/** Says of a catalogue row whether it may be shown. */
export type ItemPredicate = (itemIndex: number) => boolean;

/** A filter made ready for one query. */
export interface CandidateTest {
  readonly reason: RemovalReason;
  readonly isKept: ItemPredicate;
}

const REASON_NUMBER = Object.fromEntries(REMOVAL_REASONS.map((reason, number) => [reason, number])) as Record<
  RemovalReason,
  number
>;
const QUOTA = REASON_NUMBER.quota;
const KEPT = -1;

const FIRST_CAPACITY = 256;

/**
 * The candidates of one query as columns, from retrieval to the slate, with the working memory of its steps.
 *
 * Order: by source in the scene's order, within a source strongest first; removing keeps the order.
 * Ownership: one query's at a time, see {@link CandidateSetPool}.
 */
export class CandidateSet {
  /** Candidates; the first `count` places of the columns are valid. */
  count = 0;
  /** Catalogue rows, each once. */
  itemIndexes: Int32Array = new Int32Array(FIRST_CAPACITY);
  /** Which source proposed it first: a place of {@link SOURCE_NAMES}. */
  sources: Uint8Array = new Uint8Array(FIRST_CAPACITY);
  /** -1 .. 1, or NO_SIMILARITY. */
  similarities: Float32Array = new Float32Array(FIRST_CAPACITY);
  /** Final sort key, higher is better; set by the ranking stage, finite from then on. */
  scores: Float32Array = new Float32Array(FIRST_CAPACITY);
  /** Field ids of the shopper and the request. */
  queryIds: Int32Array = new Int32Array(0);
  /** Candidates chosen for the slate, best first: places of the columns. */
  slate: Int32Array = new Int32Array(128);
  slateCount = 0;
  /** Candidates in order of score: working memory of the selector. */
  order: Int32Array = new Int32Array(FIRST_CAPACITY);
  /** By place in {@link REMOVAL_REASONS}. */
  readonly removedCounts: Int32Array = new Int32Array(REMOVAL_REASONS.length);
  readonly stageTimings: StageTimings = newStageTimings();
  private readonly proposals: Proposals[] = [];

  /** Empties it for the next query. */
  reset(): void {
    this.count = 0;
    this.slateCount = 0;
    this.removedCounts.fill(0);
    this.stageTimings.fill(0);
  }

  /** The proposals of the n-th source of a query. */
  proposalsOf(place: number): Proposals {
    while (this.proposals.length <= place) this.proposals.push(new Proposals());
    return this.proposals[place]!;
  }

  /** Makes room for `capacity` candidates. */
  reserve(capacity: number): void {
    if (capacity <= this.itemIndexes.length) return;
    const size = Math.max(capacity, this.itemIndexes.length * 2);
    this.itemIndexes = copied(this.itemIndexes, new Int32Array(size));
    this.sources = copied(this.sources, new Uint8Array(size));
    this.similarities = copied(this.similarities, new Float32Array(size));
    this.scores = copied(this.scores, new Float32Array(size));
    this.order = new Int32Array(size);
  }

  add(itemIndex: number, source: number, similarity: number): void {
    this.reserve(this.count + 1);
    this.itemIndexes[this.count] = itemIndex;
    this.sources[this.count] = source;
    this.similarities[this.count] = similarity;
    this.count++;
  }

  /** Appends what a source proposes. An item that is there already stays where it is, and learns its similarity if it had none. */
  merge(proposals: Proposals, source: number, marks: ItemMarks): void {
    this.reserve(this.count + proposals.count);
    const { itemIndexes, sources, similarities } = this;
    let { count } = this;
    for (let i = 0; i < proposals.count; i++) {
      const item = proposals.itemIndexes[i]!;
      const similarity = proposals.similarities[i]!;
      const place = marks.positionOf(item);
      if (place < 0) {
        marks.mark(item, count);
        itemIndexes[count] = item;
        sources[count] = source;
        similarities[count++] = similarity;
      } else if (similarities[place] === NO_SIMILARITY) {
        similarities[place] = similarity;
      }
    }
    this.count = count;
  }

  /** Marks all candidates, for telling later additions from them. */
  markAll(marks: ItemMarks, itemCount: number): void {
    marks.begin(itemCount);
    for (let i = 0; i < this.count; i++) marks.mark(this.itemIndexes[i]!, i);
  }

  /**
   * Takes out, in place, the candidates a filter does not keep, those beyond the quota of their source and, from the end, those beyond
   * `maxCount`. Each counts for the first reason it went for; who is beyond a quota is not looked at.
   *
   * @param quotas by source number; used up
   */
  keep(filters: readonly CandidateTest[], quotas: Int32Array, maxCount: number): void {
    const { itemIndexes, sources, removedCounts } = this;
    let kept = 0;
    let i = 0;
    for (; i < this.count && kept < maxCount; i++) {
      const source = sources[i]!;
      const reason = quotas[source]! <= 0 ? QUOTA : reasonAgainst(itemIndexes[i]!, filters);
      if (reason !== KEPT) {
        removedCounts[reason]!++;
        continue;
      }
      quotas[source]!--;
      this.move(i, kept++);
    }
    removedCounts[QUOTA]! += this.count - i;
    this.count = kept;
  }

  /** Makes {@link queryIds} just that long. */
  reserveQueryIds(querySlotCount: number): void {
    if (this.queryIds.length !== querySlotCount) this.queryIds = new Int32Array(querySlotCount);
  }

  private move(from: number, to: number): void {
    if (from === to) return;
    this.itemIndexes[to] = this.itemIndexes[from]!;
    this.sources[to] = this.sources[from]!;
    this.similarities[to] = this.similarities[from]!;
  }
}

/** Sets kept for later queries; more than this many at once are rare, and left to the garbage collector. */
const MAX_FREE = 64;

/** Lends candidate sets to queries, so that a query under way never shares one and a finished one's memory is used again. */
export class CandidateSetPool {
  private readonly free: CandidateSet[] = [];

  take(): CandidateSet {
    const set = this.free.pop() ?? new CandidateSet();
    set.reset();
    return set;
  }

  /** Ownership: nobody may use the set any more; one that late work may still write to is not given back. */
  give(set: CandidateSet): void {
    if (this.free.length < MAX_FREE) this.free.push(set);
  }

  /** Sets waiting for a query. @internal */
  get freeCount(): number {
    return this.free.length;
  }
}

function copied<T extends Int32Array | Float32Array | Uint8Array>(from: T, into: T): T {
  into.set(from);
  return into;
}

/** Number of the first filter's reason that does not keep the item; KEPT when all do. */
function reasonAgainst(itemIndex: number, filters: readonly CandidateTest[]): number {
  for (let f = 0; f < filters.length; f++) {
    if (!filters[f]!.isKept(itemIndex)) return REASON_NUMBER[filters[f]!.reason];
  }
  return KEPT;
}
