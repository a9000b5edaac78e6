import { Deadline } from '../../../features/core/deadline.ts';
import { VitrineError } from '../../../features/core/errors.ts';
import { asUserId, type ShopperKey, userKey } from '../../../features/core/ids.ts';
import { emptyProfile, type Profile, type RecentType } from '../../../features/profile/profile.ts';
import { DEFAULT_SEGMENT_THRESHOLDS } from '../../../features/profile/segments.ts';
import type { TagSet } from '../../../features/profile/tags.ts';
import type { FeatureStore } from '../../../features/store/feature-store.ts';
import type { SceneConfig } from '../../config/scene-config.ts';
import { CandidateSet } from '../candidate-set.ts';
import { ModelContext, type PipelineModel } from '../model-context.ts';
import { Proposals } from '../proposals.ts';
import type { Query } from '../query.ts';
import { SlateDraft } from '../slate-draft.ts';
import type { Source } from '../stage.ts';

/** A shop without tags of its own. */
export const NO_TAGS: TagSet = { thresholds: DEFAULT_SEGMENT_THRESHOLDS, tags: [] };

export const NOW_MS = Date.UTC(2025, 0, 15, 10);
export const ANNA: ShopperKey = userKey(asUserId('anna'));

export function aScene(overrides: Partial<SceneConfig> = {}): SceneConfig {
  return {
    sources: [
      { kind: 'ann', quota: 20 },
      { kind: 'popular', quota: 20 },
    ],
    filters: ['availability', 'excluded', 'context_items', 'already_bought'],
    audiences: [],
    slateSize: 3,
    maxSlateSize: 100,
    maxCandidates: 100,
    maxPerCategory: 0,
    objective: 'probability',
    fallback: ['neighbours', 'popular'],
    ...overrides,
  };
}

export function aQuery(overrides: Partial<Query> = {}): Query {
  const scene = overrides.scene ?? aScene();
  return {
    recommendationId: 'r-1',
    sceneName: 'home',
    scene,
    contextItemIds: [],
    excludeItemIds: [],
    filter: {},
    slateSize: scene.slateSize,
    isExplained: false,
    device: '',
    nowMs: NOW_MS,
    deadline: Deadline.after(10_000),
    ...overrides,
  };
}

/** A profile with recent items, newest first, one minute apart. */
export function aProfile(recent: Partial<Record<RecentType, readonly string[]>> = {}): Profile {
  const profile = emptyProfile();
  for (const [type, itemIds] of Object.entries(recent)) {
    profile.recent[type as RecentType] = {
      itemIds: [...itemIds],
      atMs: itemIds.map((_, place) => NOW_MS - (place + 1) * 60_000),
    };
  }
  return profile;
}

/** A store that knows these shoppers. */
export function aStore(profiles: Readonly<Record<string, Profile>> = {}): Pick<FeatureStore, 'readProfile'> {
  return { readProfile: async (key) => profiles[key] };
}

/** A store that cannot be reached. */
export function aBrokenStore(): Pick<FeatureStore, 'readProfile'> {
  return { readProfile: () => Promise.reject(new VitrineError('REC_STORE_UNAVAILABLE', 'connection refused')) };
}

/** A slate in the making with the profile already known. */
export function aDraft(model: PipelineModel, overrides: Partial<Query> = {}, profile?: Profile): SlateDraft {
  const draft = new SlateDraft(aQuery(overrides), new ModelContext(model), new CandidateSet());
  if (profile !== undefined) draft.profile = profile;
  return draft;
}

/** What a source proposes, as item ids. */
export async function proposalsOf(source: Source, draft: SlateDraft, limit = 100): Promise<string[]> {
  const proposals = new Proposals();
  proposals.open(limit);
  await source.propose(draft, proposals, draft.query.deadline);
  const { itemIds } = draft.context.model.catalogue;
  return Array.from(proposals.itemIndexes.subarray(0, proposals.count), (item) => itemIds[item]!);
}

/** The candidates of a draft, as item ids. */
export function candidateIdsOf({ candidates, context }: SlateDraft): string[] {
  const { itemIds } = context.model.catalogue;
  return Array.from(candidates.itemIndexes.subarray(0, candidates.count), (item) => itemIds[item]!);
}

/** The slate of a draft, as item ids. */
export function slateIdsOf({ candidates, context }: SlateDraft): string[] {
  const { itemIds } = context.model.catalogue;
  const places = candidates.slate.subarray(0, candidates.slateCount);
  return Array.from(places, (place) => itemIds[candidates.itemIndexes[place]!]!);
}
