import { describe, expect, it } from 'vitest';
import { VitrineError } from '../../features/core/errors.ts';
import type { SourceKind } from '../config/scene-config.ts';
import { makeFilterStage } from './filter-stage.ts';
import { makeRetrieveStage } from './retrieve-stage.ts';
import type { SlateDraft } from './slate-draft.ts';
import type { Source } from './stage.ts';
import { aModel } from './testing/a-model.ts';
import { aDraft, aScene, candidateIdsOf } from './testing/a-query.ts';

const shop = (isAvailable: (i: number) => boolean = () => true) =>
  aModel({ items: Array.from({ length: 8 }, (_, i) => ({ itemId: `i${i}`, isAvailable: isAvailable(i) })) });

function sourcesOf(proposes: Partial<Record<SourceKind, Source['propose']>>): Record<SourceKind, Source> {
  const source = (kind: SourceKind): Source => ({ kind, propose: proposes[kind] ?? (() => {}) });
  return {
    ann: source('ann'),
    popular: source('popular'),
    neighbours: source('neighbours'),
    recently_viewed: source('recently_viewed'),
    category: source('category'),
  };
}

const scene = aScene({
  sources: [
    { kind: 'category', quota: 2 },
    { kind: 'popular', quota: 4 },
  ],
});

/** Merges what the sources proposed, without a filter. */
async function mergedIdsOf(draft: SlateDraft): Promise<string[]> {
  await makeFilterStage([]).run(draft);
  return candidateIdsOf(draft);
}

describe('retrieve stage', () => {
  it('leaves proposals to be merged in the order of the scene, whichever source answers first', async () => {
    const sources = sourcesOf({
      category: async (_, proposals) => {
        await new Promise((resolve) => setImmediate(resolve));
        proposals.add(5);
      },
      popular: (_, proposals) => {
        proposals.add(1);
        proposals.add(5);
      },
    });
    const draft = aDraft(await shop(), { scene, slateSize: 1 });
    await makeRetrieveStage(sources, 1_000).run(draft);
    expect(await mergedIdsOf(draft)).toEqual(['i5', 'i1']);
    expect(draft.failures).toEqual([]);
  });

  it('leaves out a source that is late or fails, half-made proposals and all', async () => {
    const sources = sourcesOf({
      category: (_, proposals) => {
        proposals.add(3);
        return new Promise(() => {});
      },
      popular: (_, proposals) => proposals.add(1),
    });
    const late = aDraft(await shop(), { scene, slateSize: 1 });
    await makeRetrieveStage(sources, 10).run(late);
    expect(await mergedIdsOf(late)).toEqual(['i1']);
    expect(late.failures.map(({ reason, tier }) => [tier, reason])).toEqual([['fewer_candidates', 'source_failed']]);
    expect(late.hasLateWork).toBe(true);

    const broken = sourcesOf({
      category: (_, proposals) => {
        proposals.add(3);
        throw new VitrineError('REC_STORE_UNAVAILABLE', 'broken for the test');
      },
      popular: (_, proposals) => proposals.add(1),
    });
    const failed = aDraft(await shop(), { scene, slateSize: 1 });
    await makeRetrieveStage(broken, 1_000).run(failed);
    expect(await mergedIdsOf(failed)).toEqual(['i1']);
    expect(failed.hasLateWork).toBe(false);
  });

  it('asks for more than the quota as far as filters will take out', async () => {
    const limits: number[] = [];
    const sources = sourcesOf({ popular: (_, proposals) => void limits.push(proposals.limit) });
    const stage = makeRetrieveStage(sources, 1_000);
    await stage.run(aDraft(await shop(), { scene }));
    await stage.run(aDraft(await shop(), { scene, excludeItemIds: ['i1', 'i2'], contextItemIds: ['i3'] }));
    await stage.run(aDraft(await shop((i) => i < 4), { scene }));
    await stage.run(aDraft(await shop(), { scene, filter: { brand: 'North' } }));
    await stage.run(aDraft(await shop(() => false), { scene }));
    // quota 4; + 3 named; twice for half of the shop sold out; twice for a narrowed query; at most four times.
    expect(limits).toEqual([4, 7, 8, 8, 16]);
  });
});
