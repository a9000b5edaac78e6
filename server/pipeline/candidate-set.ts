import { SOURCE_KINDS, type SourceKind } from '../config/scene-config.ts';
import { type CandidateTests, REMOVAL_REASONS, type RemovalReason } from './candidate-tests.ts';
import { type ItemMarks, NOT_MARKED } from './item-marks.ts';
import { NO_SIMILARITY, Proposals } from './proposals.ts';
import { ScoreQueue } from './selection/score-queue.ts';
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

/** Which proposals of one source become candidates. */
export interface MergeRules {
  /** Number of the source. */
  readonly source: number;
  /** Most candidates the source may bring. */
  readonly quota: number;
  readonly filters: CandidateTests;
  /** Most candidates of all sources together. */
  readonly maxCount: number;
}

const REASON_NUMBER = Object.fromEntries(REMOVAL_REASONS.map((reason, number) => [reason, number])) as Record<
  RemovalReason,
  number
>;
const QUOTA = REASON_NUMBER.quota;
/** A place no candidate ever has: of what was taken out. */
const NO_PLACE = 2 ** 31 - 1;

const FIRST_CAPACITY = 256;

/**
 * The candidates of one query as columns, from retrieval to the slate, with the working memory of its steps.
 *
 * Order: by source in the scene's order, within a source strongest first.
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
  /** Beside `slate`, numbers of categories: working memory of the selector. */
  slateCategories: Int32Array = new Int32Array(128);
  /** Candidates in order of score as far as the selector went: its working memory. */
  order: Int32Array = new Int32Array(FIRST_CAPACITY);
  /** The others, for the selector to go on. */
  readonly queue: ScoreQueue = new ScoreQueue();
  /** By place in `REMOVAL_REASONS`. */
  readonly removedCounts: Int32Array = new Int32Array(REMOVAL_REASONS.length);
  readonly stageTimings: StageTimings = newStageTimings();
  private readonly proposals: Proposals[] = [];

  /** Empties it for the next query. */
  reset(): void {
    this.count = 0;
    this.slateCount = 0;
    this.removedCounts.fill(0);
    this.stageTimings.fill(0);
    for (const proposals of this.proposals) proposals.isComplete = false;
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

  /**
   * Appends those of a source's proposals that all filters keep, up to its quota and up to `maxCount` candidates in all. The others count
   * for the first reason against them. An item that was proposed before stays what it became then, and learns its similarity if it had none.
   *
   * What is beyond `maxCount` counts as beyond the quota and is not looked at, except for similarities it may teach. An item beyond the
   * source's quota alone is marked like one that is taken out: it was this source's, and no later source brings it in again.
   *
   * @param marks items proposed so far, by their places here; begun by {@link openMarks}
   */
  merge(proposals: Proposals, marks: ItemMarks, { source, quota, filters, maxCount }: MergeRules): void {
    this.reserve(Math.min(maxCount, this.count + proposals.count));
    const { itemIndexes, sources, similarities, removedCounts } = this;
    const end = this.count + quota;
    let { count } = this;
    let i = 0;
    for (; i < proposals.count && count < maxCount; i++) {
      const item = proposals.itemIndexes[i]!;
      const known = marks.enter(item, count);
      if (known >= 0) {
        if (known < count) this.learn(known, proposals.similarities[i]!);
        continue;
      }
      const isNamed = known !== NOT_MARKED;
      const reason =
        count >= end ? 'quota' : isNamed ? filters.reasonAgainst(item) : filters.reasonAgainstUnnamed(item);
      if (reason === undefined) {
        itemIndexes[count] = item;
        sources[count] = source;
        similarities[count++] = proposals.similarities[i]!;
      } else {
        marks.mark(item, NO_PLACE);
        removedCounts[REASON_NUMBER[reason]]!++;
      }
    }
    this.count = count;
    removedCounts[QUOTA]! += proposals.count - i;
    for (; i < proposals.count; i++) {
      const similarity = proposals.similarities[i]!;
      if (similarity === NO_SIMILARITY) continue;
      const place = marks.positionOf(proposals.itemIndexes[i]!);
      if (place >= 0 && place < count) this.learn(place, similarity);
    }
  }

  /** Marks all candidates, for telling later additions from them. @param additionCount items that may come to be marked beside them */
  markAll(marks: ItemMarks, additionCount: number): void {
    marks.begin(this.count + additionCount);
    for (let i = 0; i < this.count; i++) marks.mark(this.itemIndexes[i]!, i);
  }

  /** Begins marks for {@link merge}: of the candidates there are, and of the rows that filters name. */
  openMarks(marks: ItemMarks, filters: CandidateTests, proposalCount: number): void {
    this.markAll(marks, proposalCount + filters.namedCount);
    filters.markNamed(marks);
  }

  /** Begins a slate of up to `size` candidates. */
  openSlate(size: number): void {
    this.slateCount = 0;
    if (this.slate.length >= size) return;
    this.slate = new Int32Array(size);
    this.slateCategories = new Int32Array(size);
  }

  /** Makes {@link queryIds} just that long. */
  reserveQueryIds(querySlotCount: number): void {
    if (this.queryIds.length !== querySlotCount) this.queryIds = new Int32Array(querySlotCount);
  }

  private learn(place: number, similarity: number): void {
    if (this.similarities[place] === NO_SIMILARITY) this.similarities[place] = similarity;
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
