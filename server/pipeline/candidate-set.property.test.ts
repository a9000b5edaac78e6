import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CandidateSet } from './candidate-set.ts';
import { type CandidateTest, CandidateTests, REMOVAL_REASONS, type RemovalReason } from './candidate-tests.ts';
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
interface Hidden {
  readonly reason: RemovalReason;
  readonly items: readonly number[];
  /** The filter says which rows it takes out. */
  readonly isNamed: boolean;
}
const hidden: fc.Arbitrary<Hidden[]> = fc
  .shuffledSubarray(REMOVAL_REASONS.filter((reason) => reason !== 'quota'))
  .chain((reasons) =>
    fc.tuple(
      ...reasons.map((reason) =>
        fc.record({
          reason: fc.constant(reason),
          items: fc.array(fc.nat(ITEM_COUNT), { maxLength: 8 }),
          isNamed: fc.boolean(),
        }),
      ),
    ),
  );

const filtersOf = (all: readonly Hidden[]): CandidateTest[] =>
  all.map(({ reason, items, isNamed }) => {
    const isKept = (item: number): boolean => !items.includes(item);
    return { reason, isKept: isNamed ? Object.assign(isKept, { takenOut: items }) : isKept };
  });

interface Merged {
  readonly candidates: readonly { item: number; source: number; similarity: number }[];
  readonly removed: Readonly<Record<string, number>>;
}

function merge(sources: readonly OneSource[], tests: readonly CandidateTest[], maxCount: number): Merged {
  const set = new CandidateSet();
  const marks = new ItemMarks();
  const filters = new CandidateTests(tests);
  set.openMarks(marks, filters, maxCount);
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
