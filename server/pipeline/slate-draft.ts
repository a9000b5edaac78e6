import { emptyProfile, type Profile, RECENT_LISTS } from '../../features/profile/profile.ts';
import type { SignalContext } from '../../features/schema/signals.ts';
import type { CandidateSet, ItemPredicate, RemovalReason } from './candidate-set.ts';
import type { ModelContext } from './model-context.ts';
import type { DegradationTier, Query } from './query.ts';

/** A part that failed and was done without. */
export interface Failure {
  readonly tier: DegradationTier;
  /** Stable word, safe as a metric label. */
  readonly reason: string;
  readonly error: unknown;
}

/** A filter made ready for one query. */
export interface ActiveFilter {
  readonly reason: RemovalReason;
  readonly isKept: ItemPredicate;
}

/** Shared by all queries without a profile: no step changes a profile. */
const NOBODY: Profile = emptyProfile();

/** The slate of one query in the making: what is known so far, handed from step to step. */
export class SlateDraft {
  readonly query: Query;
  readonly context: ModelContext;
  readonly candidates: CandidateSet;
  readonly signalContext: SignalContext;
  /** Catalogue rows of the products the page is about; unknown ones are left out. */
  readonly contextItems: readonly number[];
  /** Of a shopper nothing is known of: an empty one. Read only. */
  profile: Profile = NOBODY;
  /** The profile should have been read and could not be: what follows must not pretend to know the shopper. */
  isProfileFailed = false;
  /** Made by the filter stage. */
  filters: readonly ActiveFilter[] = [];
  readonly failures: Failure[] = [];
  /** Something given up for lateness may still write into {@link candidates}. */
  hasLateWork = false;
  private areQueryIdsWritten = false;

  constructor(query: Query, context: ModelContext, candidates: CandidateSet) {
    this.query = query;
    this.context = context;
    this.candidates = candidates;
    this.signalContext = { nowMs: query.nowMs, userId: userIdOf(query), device: query.device };
    const { catalogue } = context.model;
    this.contextItems = query.contextItemIds.map((itemId) => catalogue.indexOf(itemId)).filter((item) => item >= 0);
  }

  /** Whether the shopper did anything the models can go by. */
  get hasInteractions(): boolean {
    return RECENT_LISTS.some(({ type }) => this.profile.recent[type].itemIds.length > 0);
  }

  /** Field ids of shopper and request; computed once, when the profile is known. */
  queryIds(): Int32Array {
    const { extractor } = this.context.model;
    const { candidates } = this;
    if (!this.areQueryIdsWritten) {
      candidates.reserveFeatures(extractor.querySlotCount, 0, extractor.layout.slotCount);
      extractor.writeQuery(this.profile, this.signalContext, candidates.queryIds);
      this.areQueryIdsWritten = true;
    }
    return candidates.queryIds;
  }

  /** Whether all filters let a catalogue row pass. */
  isShowable(itemIndex: number): boolean {
    for (const { isKept } of this.filters) if (!isKept(itemIndex)) return false;
    return true;
  }
}

/** '' unless the record read is an account's. */
function userIdOf({ shopperKey, isPersonalized }: Query): string {
  return isPersonalized && shopperKey?.startsWith('u:') === true ? shopperKey.slice(2) : '';
}
