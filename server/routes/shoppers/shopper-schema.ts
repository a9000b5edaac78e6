import { type Static, type TSchema, Type } from 'typebox';
import { EVENT_TYPES } from '../../../features/profile/event.ts';
import {
  CONSENT_STATES,
  MAX_ATTRIBUTE_NAME_LENGTH,
  MAX_ATTRIBUTE_VALUE_LENGTH,
  MAX_ATTRIBUTES,
  MAX_SOURCE_LENGTH,
  RECENT_LISTS,
} from '../../../features/profile/profile.ts';
import { LIFECYCLE_STAGES, RFM_CELLS } from '../../../features/profile/segments.ts';
import { TAG_FAMILIES } from '../../../features/profile/tags.ts';
import { NOT_PERSONALIZED_REASONS } from '../../pipeline/query.ts';
import { textSchema } from '../fields.ts';

const strict = { additionalProperties: false } as const;
const moment = (description: string) => Type.String({ description: `${description} ISO 8601.` });
const count = (description: string) => Type.Integer({ minimum: 0, description });
const days = (description: string) => Type.Number({ description: `${description} Days.` });
const ratio = (description: string) => Type.Number({ minimum: 0, maximum: 1, description });

const attributeValueSchema = Type.Union(
  [
    Type.String({ maxLength: MAX_ATTRIBUTE_VALUE_LENGTH }),
    Type.Number(),
    Type.Boolean(),
    Type.Null(),
    Type.Array(Type.String({ minLength: 1, maxLength: MAX_ATTRIBUTE_VALUE_LENGTH }), {
      maxItems: MAX_ATTRIBUTE_VALUE_LENGTH,
    }),
  ],
  {
    expected: `text of at most ${MAX_ATTRIBUTE_VALUE_LENGTH} characters, a number, true, false, a list of texts, or null`,
  },
);

/** Body of `PUT /v1/users/{id}`. */
export const attributesRequestSchema = Type.Object(
  {
    attributes: Type.Record(Type.String(), attributeValueSchema, {
      description: `What the shop says of the shopper, at most ${MAX_ATTRIBUTES} in all, names of at most ${MAX_ATTRIBUTE_NAME_LENGTH} characters. Those named are set, null, an empty text or an empty list takes one away, others stay. Health, religion, politics, ethnicity and sexuality are refused.`,
    }),
  },
  strict,
);
export type AttributesRequest = Static<typeof attributesRequestSchema>;

/** Body of `PUT /v1/users/{id}/consent`. */
export const consentRequestSchema = Type.Object(
  {
    state: Type.Optional(
      Type.Enum(CONSENT_STATES, { description: 'What the shopper said about the use of their data.' }),
    ),
    personalization: Type.Optional(
      Type.Enum(['on', 'off'], { description: '`off`: the shopper opts out of personalisation.' }),
    ),
    source: textSchema(MAX_SOURCE_LENGTH, 'Where it was said, as the shop names it: `cookie-banner`, `account-page`.'),
  },
  strict,
);
export type ConsentRequest = Static<typeof consentRequestSchema>;

const consentSchema = Type.Object(
  {
    state: Type.Enum(CONSENT_STATES),
    at: Type.Optional(moment('When it was said; absent when never asked.')),
    source: Type.Optional(Type.String()),
  },
  strict,
);

const personalizationSchema = Type.Object(
  {
    state: Type.Enum(['on', 'off'], { description: 'What the shopper chose.' }),
    at: Type.Optional(moment('When it was said; absent when never.')),
    source: Type.Optional(Type.String()),
    applied: Type.Boolean({ description: 'Whether lists are personalised, all said by shopper and shop considered.' }),
    reason: Type.Optional(
      Type.Enum(
        NOT_PERSONALIZED_REASONS.filter((reason) => reason !== 'request_off'),
        { description: 'Why they are not.' },
      ),
    ),
  },
  strict,
);

const whoFields = {
  user_id: Type.Optional(Type.String()),
  session_id: Type.Optional(Type.String({ description: 'The session asked for.' })),
};

const statedFields = {
  attributes: Type.Record(Type.String(), Type.String(), { description: 'Several values are joined by `|`.' }),
  consent: consentSchema,
  personalization: personalizationSchema,
  deleted_tags: Type.Array(Type.String(), { description: 'Tags that stay away for good.' }),
  erased_at: Type.Optional(moment('What was known up to here was erased; events up to here are refused.')),
};

/** Reply of `GET /v1/users/{id}` and of all routes that change what is stated of a shopper. */
export const shopperSchema = Type.Object({ ...whoFields, ...statedFields }, strict);
export type ShopperReply = Static<typeof shopperSchema>;

const recentItemSchema = Type.Object(
  { item_id: Type.String(), title: Type.Optional(Type.String()), at: moment('Latest time.') },
  strict,
);

const shareSchema = Type.Object({ name: Type.String(), share: ratio('Of all interest of this kind, 0 to 1.') }, strict);

const tagSchema = Type.Object(
  {
    name: Type.String(),
    family: Type.Enum(TAG_FAMILIES),
    title: Type.String(),
    value: Type.Optional(Type.String()),
    reason: Type.String({ description: 'In words, with the day (UTC).' }),
  },
  strict,
);

const rfmSchema = Type.Object(
  {
    cell: Type.Enum(RFM_CELLS),
    recency_score: Type.Integer({ minimum: 1, maximum: 3 }),
    frequency_score: Type.Integer({ minimum: 1, maximum: 3 }),
    monetary_score: Type.Integer({ minimum: 1, maximum: 3 }),
    recency_days: days('Since the last order.'),
    orders_per_month: Type.Number(),
    average_order_value: Type.Number(),
  },
  { ...strict, description: 'Absent for who never bought.' },
);

const churnRiskSchema = Type.Object(
  {
    risk: ratio('Probability that the customer has stopped buying.'),
    orders: count('Orders so far.'),
    days_since_first_order: Type.Number(),
    days_since_last_order: Type.Number(),
    mean_days_between_orders: Type.Optional(Type.Number({ description: 'Absent after one order.' })),
  },
  { ...strict, description: 'Absent for who never bought. The longer the pause by the own rhythm, the higher.' },
);

const repurchaseSchema = Type.Object(
  {
    category: Type.String(),
    orders: count('Orders with a product of the category.'),
    first_order: moment(''),
    last_order: moment(''),
    mean_interval_days: Type.Optional(Type.Number({ description: 'Absent while there is no rhythm yet.' })),
    due_at: Type.Optional(moment('One mean interval after the last order.')),
    due_in_days: Type.Optional(days('Negative when overdue.')),
  },
  strict,
);

/** Reply of `GET /v1/users/{id}/profile`. */
export const shopperProfileSchema = Type.Object(
  {
    ...whoFields,
    size_bytes: count('Of the stored record.'),
    first_seen: Type.Optional(moment('')),
    last_seen: Type.Optional(moment('')),
    device: Type.Optional(Type.Object({ name: Type.String(), at: Type.Optional(moment('')) }, strict)),
    event_counts: objectOf(EVENT_TYPES, Type.Optional(count('Events since ever.'))),
    recent_items: objectOf(
      RECENT_LISTS.map(({ type }) => type),
      Type.Array(recentItemSchema, { description: 'Newest first.' }),
    ),
    interests: Type.Object(
      {
        categories: Type.Array(shareSchema),
        brands: Type.Array(shareSchema),
        price_bands: Type.Array(
          Type.Object({ from: Type.Number(), to: Type.Number(), share: ratio('Of all priced interest.') }, strict),
        ),
      },
      { ...strict, description: 'Strongest first.' },
    ),
    purchases: Type.Object(
      {
        orders: count('Orders since ever.'),
        discounted_orders: count('Those with a discount or a coupon.'),
        pieces: Type.Number({ minimum: 0 }),
        total_value: Type.Number({ minimum: 0 }),
        first_order: Type.Optional(moment('')),
        last_order: Type.Optional(moment('')),
      },
      strict,
    ),
    repurchase: Type.Array(repurchaseSchema, { description: 'Latest order first.' }),
    visits: Type.Array(Type.Object({ started: moment(''), last_event: moment(''), events: count('') }, strict), {
      description: 'Newest first.',
    }),
    active_hours: Type.Array(
      Type.Object({ hour: Type.Integer({ minimum: 0, maximum: 23 }), events: count('') }, strict),
      {
        description: 'Hours of the day, UTC, in which something happened.',
      },
    ),
    segments: Type.Object(
      { rfm: Type.Optional(rfmSchema), lifecycle: Type.Optional(Type.Enum(LIFECYCLE_STAGES)) },
      strict,
    ),
    churn_risk: Type.Optional(churnRiskSchema),
    tags: Type.Array(tagSchema),
    remembered_events: count('Event ids known, as hashes, so that an event sent again counts once.'),
    joined_sessions: Type.Array(Type.String(), { description: 'Sessions that belong to the account.' }),
    ...statedFields,
  },
  strict,
);
export type ShopperProfileReply = Static<typeof shopperProfileSchema>;

/** Reply of `DELETE /v1/users/{id}`. */
export const erasureReceiptSchema = Type.Object(
  {
    ...whoFields,
    erased_at: moment('Events up to here are refused from now on.'),
    removed: Type.Object(
      {
        profiles: count('Records of the shopper.'),
        sessions: count('Records of sessions that had joined the account.'),
        events: count('Entries of the event log.'),
        slates: count('Entries of the log of served slates.'),
      },
      {
        ...strict,
        description: 'How much was found and removed, by kind. All zero: nothing was stored, or it was erased before.',
      },
    ),
    remains: Type.Array(
      Type.Object({ what: Type.String(), until: Type.Optional(moment('')), why: Type.String() }, strict),
      { description: 'What stays on purpose.' },
    ),
    out_of_reach: Type.Array(Type.String(), {
      description: 'Copies that this program does not hold and the shop has to see to itself.',
    }),
  },
  strict,
);
export type ErasureReceipt = Static<typeof erasureReceiptSchema>;

function objectOf<Name extends string, Value extends TSchema>(names: readonly Name[], value: Value) {
  return Type.Object(Object.fromEntries(names.map((name) => [name, value])) as Record<Name, Value>, strict);
}
