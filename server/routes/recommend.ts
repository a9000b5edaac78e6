import { Compile } from 'typebox/compile';
import type { Clock } from '../../features/core/clock.ts';
import { Deadline } from '../../features/core/deadline.ts';
import type { SceneConfig } from '../config/scene-config.ts';
import { type FieldProblem, previewOf, problemsOf } from '../config/schema-problems.ts';
import type { HttpReply } from '../http/http-server.ts';
import { jsonBodyOf, jsonReply } from '../http/json-body.ts';
import { invalidRequest, RequestError } from '../http/problem.ts';
import type { Query, QueryFilter, Recommender, Slate } from '../pipeline/query.ts';
import { encodeAttributionToken } from './attribution-token.ts';
import type { DocumentedRoute } from './documented-route.ts';
import { recommendGetOperation, recommendPostOperation } from './recommend-operations.ts';
import { bodyFromQuery } from './recommend-parameters.ts';
import { type RecommendReply, type RecommendRequest, recommendRequestSchema } from './recommend-schema.ts';
import { shopperKeyOf } from './shopper-key.ts';

export interface RecommendRouteParts {
  readonly recommender: Recommender;
  readonly scenes: ReadonlyMap<string, SceneConfig>;
  readonly clock: Clock;
  /** Names one recommendation; unique. */
  readonly randomId: () => string;
  /** Milliseconds from here to the slate. */
  readonly requestBudgetMs: number;
}

const validator = Compile(recommendRequestSchema);

/** `POST /v1/recommend` and its form for widgets, `GET /v1/recommend/{scene}`. */
export function makeRecommendRoutes(parts: RecommendRouteParts): DocumentedRoute[] {
  return [
    {
      method: 'POST',
      pattern: '/v1/recommend',
      operation: recommendPostOperation,
      handle: (request) => answer(parts, jsonBodyOf(request)),
    },
    {
      method: 'GET',
      pattern: '/v1/recommend/{scene}',
      operation: recommendGetOperation,
      handle: (request, params) => answer(parts, bodyFromQuery(params.scene!, request.query)),
    },
  ];
}

async function answer(parts: RecommendRouteParts, body: unknown): Promise<HttpReply> {
  const query = decodeQuery(parts, parseRecommendRequest(body));
  const slate = await parts.recommender.recommend(query);
  return jsonReply(encodeSlate(query, slate));
}

/** Checks a decoded body against the schema. Errors: REC_INVALID_REQUEST with every problem. */
function parseRecommendRequest(body: unknown): RecommendRequest {
  if (!validator.Check(body)) throw invalidRequest(problemsOf(recommendRequestSchema, body));
  return body;
}

/** Turns a checked request into the pipeline's query. Errors: REC_UNKNOWN_SCENE, REC_INVALID_REQUEST for what only the scene decides. */
function decodeQuery(parts: RecommendRouteParts, request: RecommendRequest): Query {
  const scene = sceneOf(parts.scenes, request.scene);
  const problems = problemsWithin(scene, request);
  if (problems.length > 0) throw invalidRequest(problems);
  const shopperKey = shopperKeyOf(request.user_id, request.session_id);
  return {
    recommendationId: parts.randomId(),
    sceneName: request.scene,
    scene,
    ...(shopperKey === undefined ? {} : { shopperKey }),
    contextItemIds: request.item_ids ?? [],
    excludeItemIds: request.exclude ?? [],
    filter: filterOf(request.filter),
    slateSize: request.count ?? scene.slateSize,
    isPersonalized: request.personalization !== 'off',
    isExplained: request.explain === true,
    device: request.context?.device ?? '',
    nowMs: parts.clock.nowMs(),
    deadline: Deadline.after(parts.requestBudgetMs),
  };
}

function sceneOf(scenes: ReadonlyMap<string, SceneConfig>, name: string): SceneConfig {
  const scene = scenes.get(name);
  if (scene !== undefined) return scene;
  const problem = { path: 'scene', value: previewOf(name), expected: `one of ${[...scenes.keys()].sort().join(', ')}` };
  const message = `scene: ${problem.value} given, expected ${problem.expected}`;
  throw new RequestError('REC_UNKNOWN_SCENE', message, { problems: [problem] });
}

function problemsWithin(scene: SceneConfig, request: RecommendRequest): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (request.count !== undefined && request.count > scene.maxSlateSize) {
    const expected = `integer 1..${scene.maxSlateSize} in this scene`;
    problems.push({ path: 'count', value: String(request.count), expected });
  }
  const { min_price: minPrice, max_price: maxPrice } = request.filter ?? {};
  if (minPrice !== undefined && maxPrice !== undefined && minPrice > maxPrice) {
    const expected = `at most filter.max_price (${maxPrice})`;
    problems.push({ path: 'filter.min_price', value: String(minPrice), expected });
  }
  return problems;
}

function filterOf(filter: RecommendRequest['filter']): QueryFilter {
  if (filter === undefined) return {};
  return {
    ...(filter.category === undefined ? {} : { category: filter.category }),
    ...(filter.brand === undefined ? {} : { brand: filter.brand }),
    ...(filter.min_price === undefined ? {} : { minPrice: filter.min_price }),
    ...(filter.max_price === undefined ? {} : { maxPrice: filter.max_price }),
  };
}

function encodeSlate(query: Query, slate: Slate): RecommendReply {
  return {
    recommendation_id: query.recommendationId,
    scene: query.sceneName,
    items: slate.items.map((item) => ({
      item_id: item.itemId,
      position: item.position,
      score: item.score,
      source: item.source,
      ...(item.reasons === undefined ? {} : { reasons: [...item.reasons] }),
    })),
    model_version: slate.modelVersion,
    degraded: slate.degraded === null ? null : { tier: slate.degraded.tier, reasons: [...slate.degraded.reasons] },
    attribution_token: encodeAttributionToken({
      recommendationId: query.recommendationId,
      sceneName: query.sceneName,
      modelVersion: slate.modelVersion,
    }),
  };
}
