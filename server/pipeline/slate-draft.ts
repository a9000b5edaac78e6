import type { ShopperKey } from '../../features/core/ids.ts';
import { emptyProfile, type Profile, RECENT_LISTS } from '../../features/profile/profile.ts';
import type { SignalContext } from '../../features/schema/signals.ts';
import type { CandidateSet } from './candidate-set.ts';
import { CandidateTests } from './candidate-tests.ts';
import type { ModelContext } from './model-context.ts';
import type { DegradationTier, NotPersonalizedReason, Query } from './query.ts';

/** A part that failed and was done without. */
export interface Failure {
  readonly tier: DegradationTier;
  /** Stable word, safe as a metric label. */
  readonly reason: string;
  readonly error: unknown;
}

/** Shared by all queries without a profile: no step changes a profile. */
const NOBODY: Profile = emptyProfile();

/** The slate of one query in the making: what is known so far, handed from step to step. */
export class SlateDraft {
  readonly query: Query;
  readonly context: ModelContext;
  readonly candidates: CandidateSet;
  signalContext: SignalContext;
  /** Catalogue rows of the products the page is about; unknown ones are left out. */
  readonly contextItems: readonly number[];
  /** Of a shopper nothing is known of: an empty one. Read only. */
  profile: Profile = NOBODY;
  /** Whose profile shapes the slate; undefined while none does, as when only a tombstone is left of it. */
  shapedBy: ShopperKey | undefined = undefined;
  /** Why nothing known of the shopper may be used; undefined when it may. */
  notPersonalized: NotPersonalizedReason | undefined;
  /** The profile should have been read and could not be: what follows must not pretend to know the shopper. */
  isProfileFailed = false;
  /** Made by the filter stage. */
  filters: CandidateTests = CandidateTests.NONE;
  readonly failures: Failure[] = [];
  /** Something given up for lateness may still write into {@link candidates}. */
  hasLateWork = false;
  private areQueryIdsWritten = false;

  constructor(query: Query, context: ModelContext, candidates: CandidateSet) {
    this.query = query;
    this.context = context;
    this.candidates = candidates;
    this.notPersonalized = query.notPersonalized;
    this.signalContext = { nowMs: query.nowMs, userId: userIdOf(query), device: query.device };
    const { catalogue } = context.model;
    this.contextItems = query.contextItemIds.map((itemId) => catalogue.indexOf(itemId)).filter((item) => item >= 0);
  }

  /** Takes in what is known of the shopper. */
  know(shopperKey: ShopperKey, profile: Profile): void {
    this.shapedBy = profile.lastSeenAtMs > 0 || profile.attributes.size > 0 ? shopperKey : undefined;
    this.profile = profile;
    this.signalContext = { ...this.signalContext, userId: accountOf(shopperKey) };
  }

  /** The shopper does not want to be known: to all that follows they are nobody. */
  refuse(reason: NotPersonalizedReason): void {
    this.notPersonalized = reason;
    this.shapedBy = undefined;
    this.profile = NOBODY;
    this.signalContext = { ...this.signalContext, userId: '' };
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
      candidates.reserveQueryIds(extractor.querySlotCount);
      extractor.writeQuery(this.profile, this.signalContext, candidates.queryIds);
      this.areQueryIdsWritten = true;
    }
    return candidates.queryIds;
  }

  /** Whether all filters let a catalogue row pass. */
  isShowable(itemIndex: number): boolean {
    return this.filters.reasonAgainst(itemIndex) === undefined;
  }
}

/** '' unless an account may be known. */
function userIdOf({ shopperKey, notPersonalized }: Query): string {
  return shopperKey === undefined || notPersonalized !== undefined ? '' : accountOf(shopperKey);
}

/** '' for the record of a session. */
function accountOf(shopperKey: ShopperKey): string {
  return shopperKey.startsWith('u:') ? shopperKey.slice(2) : '';
}
