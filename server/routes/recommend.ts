import { Compile } from 'typebox/compile';
import type { Clock } from '../../features/core/clock.ts';
import { Deadline } from '../../features/core/deadline.ts';
import type { SceneConfig } from '../config/scene-config.ts';
import { type FieldProblem, previewOf, problemsOf } from '../config/schema-problems.ts';
import { prefersProtobuf } from '../http/accept.ts';
import type { HttpReply, HttpRequest } from '../http/http-server.ts';
import { jsonBodyOf, jsonTextReply, protobufReply } from '../http/json-body.ts';
import { invalidRequest, RequestError } from '../http/problem.ts';
import type { Query, QueryFilter, Recommender } from '../pipeline/query.ts';
import type { DocumentedRoute } from './documented-route.ts';
import { recommendGetOperation, recommendPostOperation } from './recommend-operations.ts';
import { bodyFromQuery } from './recommend-parameters.ts';
import { replyJson, replyProtobuf, tokenAhead } from './recommend-reply.ts';
import { type RecommendRequest, recommendRequestSchema } from './recommend-schema.ts';
import { shopperKeyOf } from './shopper-key.ts';
import { isUsualRequest } from './usual-request.ts';

export interface RecommendRouteParts {
  readonly recommender: Recommender;
  /** Of the model that serves now. */
  readonly modelVersion: () => string;
  readonly scenes: ReadonlyMap<string, SceneConfig>;
  readonly clock: Clock;
  /** Names one recommendation; unique. */
  readonly randomId: () => string;
  /** False: the whole shop is served without knowing anybody. */
  readonly isShopPersonalized: boolean;
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
      handle: (request) => answer(parts, request, jsonBodyOf(request)),
    },
    {
      method: 'GET',
      pattern: '/v1/recommend/{scene}',
      operation: recommendGetOperation,
      handle: (request, params) => answer(parts, request, bodyFromQuery(params.scene!, request.query)),
    },
  ];
}

async function answer(parts: RecommendRouteParts, request: HttpRequest, body: unknown): Promise<HttpReply> {
  const query = decodeQuery(parts, parseRecommendRequest(body));
  const recommending = parts.recommender.recommend(query);
  // While the store is asked.
  const ahead = tokenAhead(query, parts.modelVersion());
  const isProtobuf = prefersProtobuf(request.header('accept'));
  const slate = await recommending;
  return isProtobuf ? protobufReply(replyProtobuf(query, slate, ahead)) : jsonTextReply(replyJson(query, slate, ahead));
}

/** Checks a decoded body against the schema. Errors: REC_INVALID_REQUEST with every problem. */
function parseRecommendRequest(body: unknown): RecommendRequest {
  if (!isUsualRequest(body) && !validator.Check(body)) throw invalidRequest(problemsOf(recommendRequestSchema, body));
  return body as RecommendRequest;
}

/** Turns a checked request into the pipeline's query. Errors: REC_UNKNOWN_SCENE, REC_INVALID_REQUEST for what only the scene decides. */
function decodeQuery(parts: RecommendRouteParts, request: RecommendRequest): Query {
  const scene = sceneOf(parts.scenes, request.scene);
  const problems = problemsWithin(scene, request);
  if (problems.length > 0) throw invalidRequest(problems);
  return {
    recommendationId: parts.randomId(),
    sceneName: request.scene,
    scene,
    shopperKey: shopperKeyOf(request.user_id, request.session_id),
    contextItemIds: request.item_ids ?? [],
    excludeItemIds: request.exclude ?? [],
    filter: filterOf(request.filter),
    slateSize: request.count ?? scene.slateSize,
    notPersonalized: notPersonalizedOf(parts, request),
    isExplained: request.explain === true,
    device: request.context?.device ?? '',
    nowMs: parts.clock.nowMs(),
    deadline: Deadline.after(parts.requestBudgetMs),
  };
}

/** The shop's word goes before the caller's: a shop that is off cannot be switched on by a request. */
function notPersonalizedOf(parts: RecommendRouteParts, request: RecommendRequest): Query['notPersonalized'] {
  if (!parts.isShopPersonalized) return 'shop_off';
  return request.personalization === 'off' ? 'request_off' : undefined;
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
