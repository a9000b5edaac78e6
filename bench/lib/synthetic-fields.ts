import { DEFAULT_SCHEMA } from '../../features/schema/default-schema.ts';
import { FIELD_GROUPS, type FieldDeclaration } from '../../features/schema/feature-schema.ts';

const DAYS = [0.25, 1, 3, 7, 14, 30, 60] as const;
const HOURS = [1, 24, 168, 720] as const;
const COUNTS = [1, 2, 5, 10, 20] as const;

const eventCount = (name: string, event: string): FieldDeclaration => ({
  name,
  group: 'user',
  kind: 'bucketized',
  signal: 'event_count',
  parameters: { event },
  boundaries: COUNTS,
});
const hoursSince = (name: string, event: string, boundaries: readonly number[]): FieldDeclaration => ({
  name,
  group: 'cross',
  kind: 'bucketized',
  signal: 'hours_since_item_event',
  parameters: { event },
  boundaries,
});

/** What a shop may add to the default schema, most usual first: every one of them has values in a synthetic shop. */
const FURTHER_FIELDS: readonly FieldDeclaration[] = [
  { name: 'month', group: 'context', kind: 'bucketized', signal: 'month', boundaries: [2, 5, 8, 11] },
  eventCount('cart_count', 'add_to_cart'),
  { name: 'category_hash', group: 'item', kind: 'hashed', bucketCount: 512, signal: 'category' },
  hoursSince('viewed_days_ago', 'view_item', [24, 72, 168, 336]),
  {
    name: 'lifecycle',
    group: 'user',
    kind: 'hashed',
    bucketCount: 32,
    signal: 'segment',
    parameters: { by: 'lifecycle' },
  },
  { name: 'rfm', group: 'user', kind: 'hashed', bucketCount: 256, signal: 'segment', parameters: { by: 'rfm' } },
  { name: 'brand_hash', group: 'item', kind: 'hashed', bucketCount: 512, signal: 'brand' },
  hoursSince('carted_days_ago', 'add_to_cart', HOURS),
  {
    name: 'days_since_first_seen',
    group: 'user',
    kind: 'bucketized',
    signal: 'days_since_first_seen',
    boundaries: DAYS,
  },
  eventCount('purchase_count', 'purchase'),
  { name: 'item_hash', group: 'item', kind: 'hashed', bucketCount: 4_096, signal: 'item_id' },
  {
    name: 'days_until_due',
    group: 'cross',
    kind: 'bucketized',
    signal: 'days_until_due',
    boundaries: [-30, -7, 0, 7, 30],
  },
  {
    name: 'days_since_view',
    group: 'user',
    kind: 'bucketized',
    signal: 'days_since_recent',
    parameters: { event: 'view_item' },
    boundaries: DAYS,
  },
  {
    name: 'days_since_cart',
    group: 'user',
    kind: 'bucketized',
    signal: 'days_since_recent',
    parameters: { event: 'add_to_cart' },
    boundaries: DAYS,
  },
  { name: 'price_fine', group: 'item', kind: 'bucketized', signal: 'price', quantileCount: 64 },
  hoursSince('purchased_days_ago', 'purchase', HOURS),
  {
    name: 'churn_risk',
    group: 'user',
    kind: 'bucketized',
    signal: 'churn_risk',
    boundaries: [0.1, 0.3, 0.5, 0.7, 0.9],
  },
  { name: 'user_hash', group: 'user', kind: 'hashed', bucketCount: 4_096, signal: 'user_id' },
  {
    name: 'category_root_hash',
    group: 'item',
    kind: 'hashed',
    bucketCount: 64,
    signal: 'category',
    parameters: { depth: 1 },
  },
  {
    name: 'item_age_months',
    group: 'cross',
    kind: 'bucketized',
    signal: 'item_age_days',
    boundaries: [90, 180, 360, 540],
  },
  { name: 'item_hash_small', group: 'item', kind: 'hashed', bucketCount: 256, signal: 'item_id' },
];

/** Fields of the default schema that go when fewer are asked for, first to go first; those not named stay. */
const DISPENSABLE = [
  'weekday',
  'top_price_bands',
  'price_band_share',
  'days_since_last_seen',
  'hour',
  'purchased_hours_ago',
  'average_order_value',
  'category_root',
  'recent_carts',
  'item_age_days',
  'days_since_purchase',
  'brand_share',
  'order_count',
  'carted_hours_ago',
  'top_brands',
  'view_count',
  'recent_purchases',
  'last_view',
  'brand',
] as const;

export const MIN_FIELDS = DEFAULT_SCHEMA.fields.length - DISPENSABLE.length;
export const MAX_FIELDS = DEFAULT_SCHEMA.fields.length + FURTHER_FIELDS.length;

/**
 * The default e-commerce schema with fields taken away or added until it has so many, from {@link MIN_FIELDS} to {@link MAX_FIELDS};
 * all four groups have fields at any count.
 *
 * Order: groups as in a schema.
 */
export function declareFields(fieldCount: number): readonly FieldDeclaration[] {
  const { fields } = DEFAULT_SCHEMA;
  const gone: readonly string[] = DISPENSABLE.slice(0, Math.max(0, fields.length - fieldCount));
  const added = FURTHER_FIELDS.slice(0, Math.max(0, fieldCount - fields.length));
  const chosen = [...fields.filter(({ name }) => !gone.includes(name)), ...added];
  return FIELD_GROUPS.flatMap((group) => chosen.filter((field) => field.group === group));
}
