import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CandidateSet, type CandidateTest, REMOVAL_REASONS, type RemovalReason } from './candidate-set.ts';
import { ItemMarks } from './item-marks.ts';
import { NO_SIMILARITY, Proposals } from './proposals.ts';

const ITEM_COUNT = 24;

interface Proposal {
  readonly item: number;
  readonly similarity: number;
}
interface OneSource {
  readonly quota: number;
  readonly proposals: readonly Proposal[];
}

const proposal: fc.Arbitrary<Proposal> = fc.record({
  item: fc.nat(ITEM_COUNT - 1),
  similarity: fc.constantFrom(NO_SIMILARITY, NO_SIMILARITY, -1, 0.25, 0.5),
});
const sourceLists = fc.array(fc.record({ quota: fc.nat(8), proposals: fc.array(proposal, { maxLength: 16 }) }), {
  maxLength: 4,
});
const hidden = fc.record({ availability: fc.array(fc.nat(ITEM_COUNT)), excluded: fc.array(fc.nat(ITEM_COUNT)) });

const filtersOf = (hiddenItems: Readonly<Record<'availability' | 'excluded', readonly number[]>>): CandidateTest[] =>
  (['availability', 'excluded'] as const).map((reason) => ({
    reason,
    isKept: (item) => !hiddenItems[reason].includes(item),
  }));

interface Merged {
  readonly candidates: readonly { item: number; source: number; similarity: number }[];
  readonly removed: Readonly<Record<string, number>>;
}

function merge(sources: readonly OneSource[], filters: readonly CandidateTest[], maxCount: number): Merged {
  const set = new CandidateSet();
  const marks = new ItemMarks();
  set.markAll(marks, ITEM_COUNT);
  for (const [source, { quota, proposals }] of sources.entries()) {
    const offered = new Proposals();
    offered.open(proposals.length);
    for (const { item, similarity } of proposals) offered.add(item, similarity);
    set.merge(offered, marks, { source, quota, filters, maxCount });
  }
  const candidates = Array.from({ length: set.count }, (_, i) => ({
    item: set.itemIndexes[i]!,
    source: set.sources[i]!,
    similarity: set.similarities[i]!,
  }));
  return { candidates, removed: Object.fromEntries(REMOVAL_REASONS.map((r, i) => [r, set.removedCounts[i]!])) };
}

/** The plain form: every item once with the first similarity anybody knows, then the filters, the quotas and the limit. */
function oracle(sources: readonly OneSource[], filters: readonly CandidateTest[], maxCount: number): Merged {
  const all = sources.flatMap(({ proposals }, source) => proposals.map((one) => ({ ...one, source })));
  const removed = Object.fromEntries(REMOVAL_REASONS.map((reason) => [reason, 0])) as Record<RemovalReason, number>;
  const candidates: Merged['candidates'][number][] = [];
  const seen = new Set<number>();
  for (const { item, source } of all) {
    if (candidates.length >= maxCount) {
      removed.quota++;
      continue;
    }
    if (seen.has(item)) continue;
    seen.add(item);
    const isOverQuota = candidates.filter((one) => one.source === source).length >= sources[source]!.quota;
    const reason = isOverQuota ? 'quota' : filters.find(({ isKept }) => !isKept(item))?.reason;
    if (reason !== undefined) removed[reason]++;
    else {
      const known = all.find((one) => one.item === item && one.similarity !== NO_SIMILARITY);
      candidates.push({ item, source, similarity: known?.similarity ?? NO_SIMILARITY });
    }
  }
  return { candidates, removed };
}

describe('CandidateSet.merge', () => {
  it('leaves what merging everything first and filtering it afterwards leaves', () => {
    fc.assert(
      fc.property(sourceLists, hidden, fc.nat(20), (sources, hiddenItems, maxCount) => {
        const filters = filtersOf(hiddenItems);
        expect(merge(sources, filters, maxCount)).toEqual(oracle(sources, filters, maxCount));
      }),
      { numRuns: 1_000 },
    );
  });
});
