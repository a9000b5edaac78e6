import { jsonSchemaOf } from '../config/schema-problems.ts';
import { BODY_ERRORS, type Operation } from './documented-route.ts';
import { SCENE_NAME } from './fields.ts';
import { queryParameterSchemas } from './recommend-parameters.ts';
import {
  type RecommendReply,
  type RecommendRequest,
  recommendReplySchema,
  recommendRequestSchema,
} from './recommend-schema.ts';

const requestExample: RecommendRequest = {
  scene: 'product_detail',
  user_id: 'u-1001',
  item_ids: ['shoe-42'],
  count: 2,
  exclude: ['shoe-7'],
  filter: { category: 'shoes > running', max_price: 150 },
};

const replyExample: RecommendReply = {
  recommendation_id: '5f0c2a6e9d1b4c37',
  scene: 'product_detail',
  items: [
    { item_id: 'shoe-43', position: 0, score: 0.184, source: 'neighbours' },
    { item_id: 'sock-9', position: 1, score: 0.121, source: 'ann' },
  ],
  model_version: '20260101-120000',
  degraded: null,
  attribution_token: 'MQo1ZjBjMmE2ZTlkMWI0YzM3CnByb2R1Y3RfZGV0YWlsCjIwMjYwMTAxLTEyMDAwMA',
};

const reply = {
  description: 'A list, best first. `degraded` says when and why it is less than a full answer.',
  body: { name: 'RecommendReply', schema: recommendReplySchema },
  example: replyExample,
  protobufBody: 'vitrine.v1.RecommendReply of server/proto/recommend.proto',
};

/** `POST /v1/recommend` in OpenAPI. */
export const recommendPostOperation: Operation = {
  operationId: 'recommend',
  summary: 'Products for one shopper in one scene',
  tag: 'recommend',
  body: { name: 'RecommendRequest', schema: recommendRequestSchema },
  bodyExample: requestExample,
  replies: { 200: reply },
  errors: [...BODY_ERRORS, 'REC_UNKNOWN_SCENE'],
};

/** `GET /v1/recommend/{scene}` in OpenAPI. */
export const recommendGetOperation: Operation = {
  operationId: 'recommendForWidget',
  summary: 'The same as a GET, for widgets',
  description:
    'Lists are repeated or separated by commas; a comma inside an id is written `%2C`. Parameters without a value count as absent.',
  tag: 'recommend',
  parameters: [
    { name: 'scene', in: 'path', schema: jsonSchemaOf(SCENE_NAME) },
    ...queryParameterSchemas().map(({ name, schema }) => ({ name, in: 'query' as const, schema })),
  ],
  replies: { 200: reply },
  errors: ['REC_UNKNOWN_SCENE'],
};
