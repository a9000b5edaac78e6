import type { TagSet } from '../../features/profile/tags.ts';
import type { Config } from './config-schema.ts';
import { didYouMean } from './did-you-mean.ts';
import type { SceneConfig } from './scene-config.ts';
import type { FieldProblem } from './schema-problems.ts';

/** Problems between keys that are each fine on their own. */
export function crossProblemsOf(config: Config): FieldProblem[] {
  return [
    ...storeProblemsOf(config),
    ...budgetProblemsOf(config),
    ...tombstoneProblemsOf(config),
    ...Object.keys(config.scenes).flatMap((name) => sceneProblemsOf(config, name)),
  ];
}

function storeProblemsOf({ store }: Config): FieldProblem[] {
  if (store.kind !== 'redis' || store.mode === 'single') return [];
  const key = store.mode === 'cluster' ? 'nodes' : 'sentinels';
  if (store[key].length > 0) return [];
  return [{ path: `store.${key}`, value: '[]', expected: `at least one host:port when store.mode is ${store.mode}` }];
}

/** An event that is accepted longer than the tombstone of its shopper is kept would bring an erased shopper back. */
function tombstoneProblemsOf({ events, store }: Config): FieldProblem[] {
  if (events.maxEventAgeDays < store.profileTtlDays) return [];
  const expected = `less than store.profileTtlDays (${store.profileTtlDays}), for which erased shoppers are remembered as such`;
  return [{ path: 'events.maxEventAgeDays', value: String(events.maxEventAgeDays), expected }];
}

function budgetProblemsOf({ budgets, events, items, server }: Config): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const stagesMs = budgets.storeMs + budgets.retrievalMs + budgets.rankMs;
  if (stagesMs > budgets.requestMs) {
    problems.push({
      path: 'budgets',
      value: `storeMs + retrievalMs + rankMs = ${stagesMs}`,
      expected: `at most budgets.requestMs (${budgets.requestMs})`,
    });
  }
  if (budgets.requestMs > server.requestTimeoutMs) {
    problems.push({
      path: 'budgets.requestMs',
      value: String(budgets.requestMs),
      expected: `at most server.requestTimeoutMs (${server.requestTimeoutMs})`,
    });
  }
  if (events.storeMs > server.requestTimeoutMs) {
    problems.push({
      path: 'events.storeMs',
      value: String(events.storeMs),
      expected: `at most server.requestTimeoutMs (${server.requestTimeoutMs})`,
    });
  }
  if (items.storeMs > server.requestTimeoutMs) {
    problems.push({
      path: 'items.storeMs',
      value: String(items.storeMs),
      expected: `at most server.requestTimeoutMs (${server.requestTimeoutMs})`,
    });
  }
  return problems;
}

function sceneProblemsOf(config: Config, name: string): FieldProblem[] {
  const scene = config.scenes[name]!;
  const problems: FieldProblem[] = [];
  const check = (isFine: boolean, key: string, value: unknown, expected: string): void => {
    if (!isFine) problems.push({ path: `scenes.${name}.${key}`, value: String(value), expected });
  };
  check(
    scene.slateSize <= scene.maxSlateSize,
    'slateSize',
    scene.slateSize,
    `at most scenes.${name}.maxSlateSize (${scene.maxSlateSize})`,
  );
  check(
    scene.maxSlateSize <= scene.maxCandidates,
    'maxSlateSize',
    scene.maxSlateSize,
    `at most scenes.${name}.maxCandidates (${scene.maxCandidates})`,
  );
  check(
    scene.filters.includes('availability'),
    'filters',
    `[${scene.filters.join(', ')}]`,
    'a list with "availability": what is not available is never served',
  );
  const kinds = scene.sources.map((source) => source.kind);
  check(new Set(kinds).size === kinds.length, 'sources', `[${kinds.join(', ')}]`, 'each kind once');
  return problems;
}

/** Audiences of scenes that name no shoppers, no products, or a tag that is not declared. */
export function audienceProblemsOf(scenes: ReadonlyMap<string, SceneConfig>, { tags }: TagSet): FieldProblem[] {
  const names = tags.map(({ name }) => name);
  const problems: FieldProblem[] = [];
  for (const [sceneName, { audiences }] of scenes) {
    for (const [place, audience] of audiences.entries()) {
      const path = `scenes.${sceneName}.audiences[${place}]`;
      if (audience.tags === undefined && audience.segments === undefined) {
        problems.push({ path, value: 'neither tags nor segments', expected: 'tags, segments, or both' });
      }
      if (Object.keys(audience.items).length === 0) {
        problems.push({ path: `${path}.items`, value: '{}', expected: 'categories, brands or attributes' });
      }
      for (const [i, tag] of (audience.tags ?? []).entries()) {
        if (names.includes(tag)) continue;
        const meant = didYouMean(tag, names);
        const hint = meant === undefined ? `the tags are ${names.join(', ')}` : `did you mean ${meant}?`;
        problems.push({ path: `${path}.tags[${i}]`, value: JSON.stringify(tag), expected: `a declared tag; ${hint}` });
      }
    }
  }
  return problems;
}
