import type { Config } from './config-schema.ts';
import type { FieldProblem } from './schema-problems.ts';

/** Problems between keys that are each fine on their own. */
export function crossProblemsOf(config: Config): FieldProblem[] {
  return [
    ...storeProblemsOf(config),
    ...budgetProblemsOf(config),
    ...Object.keys(config.scenes).flatMap((name) => sceneProblemsOf(config, name)),
  ];
}

function storeProblemsOf({ store }: Config): FieldProblem[] {
  if (store.kind !== 'redis' || store.mode === 'single') return [];
  const key = store.mode === 'cluster' ? 'nodes' : 'sentinels';
  if (store[key].length > 0) return [];
  return [{ path: `store.${key}`, value: '[]', expected: `at least one host:port when store.mode is ${store.mode}` }];
}

function budgetProblemsOf({ budgets, events, server }: Config): FieldProblem[] {
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
