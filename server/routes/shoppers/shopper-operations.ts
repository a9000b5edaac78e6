import { MAX_ID_LENGTH } from '../../../features/core/ids.ts';
import { MAX_TAG_NAME_LENGTH } from '../../../features/profile/profile.ts';
import { jsonSchemaOf } from '../../config/schema-problems.ts';
import { BODY_ERRORS, type Operation } from '../documented-route.ts';
import type { ShopperKind } from './shopper-kinds.ts';
import {
  type AttributesRequest,
  attributesRequestSchema,
  type ConsentRequest,
  consentRequestSchema,
  type ErasureReceipt,
  erasureReceiptSchema,
  type ShopperProfileReply,
  type ShopperReply,
  shopperProfileSchema,
  shopperSchema,
} from './shopper-schema.ts';

const STORE_ERRORS = ['REC_STORE_UNAVAILABLE', 'REC_RECORD_INVALID'] as const;

/** What is stated of the shopper of the examples. */
const stated = {
  attributes: { tier: 'gold', newsletter: 'shoes|lamps' },
  consent: { state: 'granted', at: '2026-04-01T09:30:00.000Z', source: 'cookie-banner' },
  personalization: { state: 'on', applied: true },
  deleted_tags: ['price_sensitive'],
} satisfies ShopperReply;

const profile = {
  size_bytes: 1_204,
  first_seen: '2026-02-10T18:12:00.000Z',
  last_seen: '2026-05-20T18:40:00.000Z',
  device: { name: 'mobile', at: '2026-05-20T18:40:00.000Z' },
  event_counts: { view_item: 41, add_to_cart: 6, purchase: 3 },
  recent_items: {
    view_item: [{ item_id: 'milk-3', title: 'Follow-on milk 3', at: '2026-05-20T18:40:00.000Z' }],
    add_to_cart: [],
    remove_from_cart: [],
    purchase: [{ item_id: 'milk-2', title: 'Follow-on milk 2', at: '2026-05-03T08:05:00.000Z' }],
    add_to_wishlist: [],
  },
  interests: {
    categories: [{ name: 'Baby > Formula', share: 0.62 }],
    brands: [{ name: 'Milla', share: 0.7 }],
    price_bands: [{ from: 16, to: 22.63, share: 0.8 }],
  },
  purchases: {
    orders: 3,
    discounted_orders: 1,
    pieces: 7,
    total_value: 131.4,
    first_order: '2026-03-01T10:00:00.000Z',
    last_order: '2026-05-03T08:05:00.000Z',
  },
  repurchase: [
    {
      category: 'Baby > Formula',
      orders: 3,
      first_order: '2026-03-01T10:00:00.000Z',
      last_order: '2026-05-03T08:05:00.000Z',
      mean_interval_days: 31.46,
      due_at: '2026-06-03T19:07:30.000Z',
      due_in_days: 14.02,
    },
  ],
  visits: [{ started: '2026-05-20T18:31:00.000Z', last_event: '2026-05-20T18:40:00.000Z', events: 5 }],
  active_hours: [{ hour: 18, events: 30 }],
  segments: {
    rfm: {
      cell: 'recent',
      recency_score: 3,
      frequency_score: 1,
      monetary_score: 1,
      recency_days: 17.4,
      orders_per_month: 0.9,
      average_order_value: 43.8,
    },
    lifecycle: 'mature',
  },
  churn_risk: {
    risk: 0.19,
    orders: 3,
    days_since_first_order: 80.4,
    days_since_last_order: 17.4,
    mean_days_between_orders: 31.46,
  },
  tags: [
    {
      name: 'top_category',
      family: 'preference',
      title: 'Favourite category',
      value: 'Baby > Formula',
      reason: 'bought Baby > Formula on 2026-05-03; 62 percent of their interest',
    },
  ],
  remembered_events: 5,
  joined_sessions: ['visit-81'],
  ...stated,
} satisfies ShopperProfileReply;

const receipt = {
  erased_at: '2026-05-21T07:00:00.000Z',
  removed: { profiles: 1, sessions: 1, events: 50, slates: 12 },
  remains: [
    {
      what: 'tombstone',
      until: '2027-06-25T07:00:00.000Z',
      why: 'the moment of the erasure, and an opt-out or denied consent if there was one, so that events on their way do not bring the shopper back',
    },
  ],
  out_of_reach: ['backups of the store'],
} satisfies ErasureReceipt;

/** The routes of one kind of shopper in OpenAPI. */
export function shopperOperations(kind: ShopperKind) {
  const { name, noun, idField } = kind;
  const id = { name: 'id', in: 'path', schema: { ...jsonSchemaOf(kind.idSchema), maxLength: MAX_ID_LENGTH } } as const;
  const who = idField === 'user_id' ? { user_id: 'u-1001' } : { session_id: 'visit-81' };
  const shopperReply = {
    description: 'What is stated of the shopper now.',
    body: { name: 'Shopper', schema: shopperSchema },
    example: { ...who, ...stated } satisfies ShopperReply,
  };
  const common = { tag: 'shoppers', parameters: [id] } as const;
  return {
    setAttributes: {
      ...common,
      operationId: `set${name}Attributes`,
      summary: `What the shop says of ${noun}`,
      description:
        'Attributes named are set, null takes one away, others stay; all or none. In effect for the next request of the shopper.',
      body: { name: 'ShopperAttributes', schema: attributesRequestSchema },
      bodyExample: {
        attributes: { tier: 'gold', newsletter: ['shoes', 'lamps'], zip: null },
      } satisfies AttributesRequest,
      replies: { 200: shopperReply },
      errors: [...BODY_ERRORS, ...STORE_ERRORS, 'REC_SENSITIVE_ATTRIBUTE', 'REC_PERSONALIZATION_OFF'],
    },
    get: {
      ...common,
      operationId: `get${name}`,
      summary: `Attributes, consent and opt-out of ${noun}`,
      replies: { 200: shopperReply },
      errors: [...STORE_ERRORS, 'REC_UNKNOWN_SHOPPER'],
    },
    getProfile: {
      ...common,
      operationId: `get${name}Profile`,
      summary: `All that is known of ${noun}, and all that follows from it`,
      description: 'Segments, tags and risks are worked out for this reply; each tag says why. Days are those of UTC.',
      replies: {
        200: {
          description: 'The whole profile, readable.',
          body: { name: 'ShopperProfile', schema: shopperProfileSchema },
          example: { ...who, ...profile } satisfies ShopperProfileReply,
        },
      },
      errors: [...STORE_ERRORS, 'REC_UNKNOWN_SHOPPER'],
    },
    setConsent: {
      ...common,
      operationId: `set${name}Consent`,
      summary: `What ${noun} said about the use of their data`,
      description:
        'Kept with time and source. `personalization: off` and `state: denied` both end personalisation from the next request on, on every replica: nothing known is used, events are neither applied nor logged. What is known already stays until it is erased or expires, and is used again after `on`.',
      body: { name: 'ShopperConsent', schema: consentRequestSchema },
      bodyExample: { state: 'granted', personalization: 'off', source: 'account-page' } satisfies ConsentRequest,
      replies: { 200: shopperReply },
      errors: [...BODY_ERRORS, ...STORE_ERRORS],
    },
    deleteTag: {
      ...common,
      parameters: [
        id,
        { name: 'tag', in: 'path', schema: { type: 'string', minLength: 1, maxLength: MAX_TAG_NAME_LENGTH } },
      ],
      operationId: `delete${name}Tag`,
      summary: `Takes a tag from ${noun} for good`,
      description: 'It stays away whatever the shopper does later, for filters and for the ranker too.',
      replies: { 200: shopperReply },
      errors: [...STORE_ERRORS, 'REC_UNKNOWN_TAG'],
    },
    erase: {
      ...common,
      operationId: `erase${name}`,
      summary: `Erases ${noun}`,
      description:
        'Removes the record, the entries of the event log and of the log of served slates, and the same of sessions that joined the account. Done when it is answered; asked again, it removes what came since. Prove it with `vitrine verify-erasure`.',
      replies: {
        200: {
          description: 'What was removed, what remains and what is out of reach.',
          body: { name: 'ErasureReceipt', schema: erasureReceiptSchema },
          example: { ...who, ...receipt } satisfies ErasureReceipt,
        },
      },
      errors: idField === 'session_id' ? [...STORE_ERRORS, 'REC_SESSION_JOINED'] : STORE_ERRORS,
    },
  } as const satisfies Record<string, Operation>;
}
