import { type Static, Type } from 'typebox';
import { EVENT_TYPES, type EventType } from '../../features/profile/event.ts';
import { EVENT_HASH_CAPACITY, EVENT_MEMORY_HOURS } from '../../features/profile/profile.ts';
import { ATTRIBUTION_TOKEN, DEVICE, ITEM_ID, idSchema, SESSION_ID, textSchema, USER_ID } from './fields.ts';

/** Most products one event may speak of: GA4's own limit. */
const MAX_EVENT_ITEMS = 200;

/** Events that say nothing without a product. A refund without products takes back the order as a whole. */
export const TYPES_WITH_ITEMS: ReadonlySet<EventType> = new Set<EventType>([
  'select_item',
  'view_item',
  'add_to_cart',
  'remove_from_cart',
  'add_to_wishlist',
  'purchase',
]);

const discountSchema = (description: string) => Type.Number({ minimum: 0, maximum: 1e12, description });

/** Empty as some trackers send it, for none. */
const couponSchema = (description: string) => Type.String({ maxLength: 128, description });

const eventItemSchema = Type.Object(
  {
    item_id: ITEM_ID,
    price: Type.Optional(
      Type.Number({ minimum: 0, maximum: 1e12, description: 'Of one piece, in the currency of the shop.' }),
    ),
    quantity: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000, description: 'Pieces; 1 when absent.' })),
    index: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000, description: '0-based place in its list.' })),
    discount: Type.Optional(discountSchema('Taken off the price of one piece, in the currency of the shop.')),
    coupon: Type.Optional(couponSchema('Code of a coupon used for this product.')),
  },
  { additionalProperties: false },
);

/** One event of `POST /v1/events`. */
export const eventSchema = Type.Object(
  {
    event_id: idSchema(
      `Names the event among those of its shopper: sent again within ${EVENT_MEMORY_HOURS} hours and the ${EVENT_HASH_CAPACITY} latest events of the shopper, it counts once.`,
    ),
    event: textSchema(128, `${EVENT_TYPES.join(', ')}; names of Segment and Google Retail are understood too.`),
    timestamp: Type.Union([Type.Number(), Type.String({ minLength: 1, maxLength: 64 })], {
      expected: 'epoch milliseconds, or ISO 8601 date and time with zone',
      description: 'When it happened: epoch milliseconds, or ISO 8601 date and time with zone.',
    }),
    user_id: Type.Optional(USER_ID),
    session_id: Type.Optional(SESSION_ID),
    items: Type.Optional(
      Type.Array(eventItemSchema, { maxItems: MAX_EVENT_ITEMS, expected: `array of at most ${MAX_EVENT_ITEMS} items` }),
    ),
    value: Type.Optional(
      Type.Number({ minimum: 0, maximum: 1e15, description: 'Total of an order, in the currency of the shop.' }),
    ),
    discount: Type.Optional(discountSchema('Taken off the order as a whole, in the currency of the shop.')),
    coupon: Type.Optional(couponSchema('Code of a coupon used for the order.')),
    currency: Type.Optional(Type.String({ pattern: '^[A-Z]{3}$', expected: 'three capital letters, as EUR' })),
    transaction_id: Type.Optional(idSchema('Order, as the shop names it.')),
    device: Type.Optional(DEVICE),
    search_term: Type.Optional(textSchema(512, 'What was searched for.')),
    item_list_id: Type.Optional(idSchema('List the products were shown in.')),
    attribution_token: Type.Optional(ATTRIBUTION_TOKEN),
  },
  { additionalProperties: false },
);

export type WireEvent = Static<typeof eventSchema>;

/** Body of `POST /v1/events` as documented; the route checks each event on its own, so that a bad one does not sink the others. */
export const eventBatchSchema = Type.Object(
  { events: Type.Array(eventSchema, { maxItems: 500 }) },
  { additionalProperties: false },
);

/** Reply of `POST /v1/events`. */
export const eventBatchReplySchema = Type.Object(
  {
    accepted: Type.Integer({ minimum: 0, description: 'Stored now: in effect for the next request of the shopper.' }),
    duplicates: Type.Integer({ minimum: 0, description: 'Had been stored before; nothing changed.' }),
    ignored: Type.Integer({
      minimum: 0,
      description: 'Neither stored nor logged: personalisation is off for the shopper or for the shop.',
    }),
    rejected: Type.Array(
      Type.Object(
        {
          index: Type.Integer({ minimum: 0, description: '0-based place in the batch.' }),
          code: Type.String(),
          detail: Type.String(),
        },
        { additionalProperties: false },
      ),
      { description: 'Will never be accepted as they are; do not send them again unchanged.' },
    ),
  },
  { additionalProperties: false },
);

export type EventBatchReply = Static<typeof eventBatchReplySchema>;
