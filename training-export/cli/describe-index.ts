import type { Manifest } from '../../models/bundle/manifest.ts';

/** One line: how the index was built, how much of exact search it finds, and how long a search takes. */
export function describeIndex(index: Manifest['index']): string {
  const { m, efConstruction, efSearch, annRecallAtK, queryKind, searchUs, build } = index;
  const { k, value, queryCount } = annRecallAtK;
  const queries = `${queryCount} queries${queryKind === undefined ? '' : ` of ${queryKind}`}`;
  const time = searchUs === undefined ? '' : `, ${searchUs} us a search (${build} build)`;
  return `m ${m}, efConstruction ${efConstruction}, efSearch ${efSearch}, recall@${k} ${value.toFixed(4)} on ${queries}${time}`;
}
