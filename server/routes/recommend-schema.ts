import { type Static, Type } from 'typebox';
import { DEGRADATION_TIERS, NOT_PERSONALIZED_REASONS } from '../pipeline/query.ts';
import { DEVICE, ITEM_ID, SCENE_NAME, SESSION_ID, textSchema, USER_ID } from './fields.ts';

/** Largest count any request may name; a scene may allow less. */
const MAX_COUNT = 100;
const MAX_CONTEXT_ITEMS = 100;
const MAX_EXCLUDED_ITEMS = 1_000;

const filterSchema = Type.Object(
  {
    category: Type.Optional(textSchema(1_024, 'Keep products of this category path, `a > b`, and below it.')),
    brand: Type.Optional(textSchema(256, 'Keep products of this brand.')),
    min_price: Type.Optional(Type.Number({ minimum: 0, description: 'Keep products that cost at least this.' })),
    max_price: Type.Optional(Type.Number({ minimum: 0, description: 'Keep products that cost at most this.' })),
  },
  {
    additionalProperties: false,
    description: 'Conditions every product must meet. Products without a price meet no price condition.',
  },
);

const contextSchema = Type.Object(
  { device: Type.Optional(DEVICE) },
  { additionalProperties: false, description: 'Circumstances of the request.' },
);

/** Body of `POST /v1/recommend`. */
export const recommendRequestSchema = Type.Object(
  {
    scene: SCENE_NAME,
    user_id: Type.Optional(USER_ID),
    session_id: Type.Optional(SESSION_ID),
    item_ids: Type.Optional(
      Type.Array(ITEM_ID, {
        maxItems: MAX_CONTEXT_ITEMS,
        description: 'Products the page or cart is about, most relevant first.',
      }),
    ),
    count: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: MAX_COUNT,
        description: 'Products wanted; the scene says how many when absent.',
      }),
    ),
    exclude: Type.Optional(
      Type.Array(ITEM_ID, { maxItems: MAX_EXCLUDED_ITEMS, description: 'Products that must not be in the reply.' }),
    ),
    filter: Type.Optional(filterSchema),
    context: Type.Optional(contextSchema),
    explain: Type.Optional(Type.Boolean({ description: 'Adds `reasons` to each product.' })),
    personalization: Type.Optional(
      Type.Enum(['on', 'off'], { description: '`off`: nothing known of the shopper is read.' }),
    ),
  },
  { additionalProperties: false },
);

export type RecommendRequest = Static<typeof recommendRequestSchema>;

const slateItemSchema = Type.Object(
  {
    item_id: Type.String(),
    position: Type.Integer({ minimum: 0, description: '0-based place in the list.' }),
    score: Type.Number({ description: 'Sort key, higher is better; comparable within one reply only.' }),
    source: Type.String({ description: 'Which source proposed the product first.' }),
    reasons: Type.Optional(Type.Array(Type.String(), { description: 'For people; only with `explain`.' })),
  },
  { additionalProperties: false },
);

const degradedSchema = Type.Object(
  {
    tier: Type.Enum(DEGRADATION_TIERS, { description: 'How far below a full answer, best first.' }),
    reasons: Type.Array(Type.String(), { description: 'What failed, in stable words.' }),
  },
  { additionalProperties: false },
);

const personalizationSchema = Type.Object(
  {
    applied: Type.Boolean({ description: 'false: nothing known of the shopper was read or used.' }),
    reason: Type.Enum(NOT_PERSONALIZED_REASONS, {
      description: 'Who switched it off: the shopper (`opted_out`, `consent_denied`), the shop or the request.',
    }),
  },
  { additionalProperties: false },
);

/** Reply of the recommend routes. */
export const recommendReplySchema = Type.Object(
  {
    recommendation_id: Type.String(),
    scene: Type.String(),
    items: Type.Array(slateItemSchema, {
      description: 'Best first; fewer than asked when the shop has no more that fit.',
    }),
    model_version: Type.String(),
    degraded: Type.Union([Type.Null(), degradedSchema], { description: 'null: a full answer.' }),
    personalization: Type.Optional(personalizationSchema),
    attribution_token: Type.String({
      description: 'Opaque. Send it back with events about these products; it holds nothing about the shopper.',
    }),
  },
  { additionalProperties: false },
);

export type RecommendReply = Static<typeof recommendReplySchema>;
