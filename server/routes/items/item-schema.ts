import { type Static, type TSchema, Type } from 'typebox';
import { ITEM_ID, idSchema } from '../fields.ts';

const MAX_ATTRIBUTES = 64;
const MAX_ATTRIBUTE_VALUES = 64;
/** All names and values together: keeps a product to a few kilobytes in every store and every process. */
const MAX_ATTRIBUTES_LENGTH = 8_192;

/** One line of text: no control characters, no broken surrogates. */
function lineSchema(maxLength: number, description: string) {
  return Type.String({
    pattern: `^[^\\p{Cc}\\p{Cs}]{1,${maxLength}}$`,
    expected: `text of 1..${maxLength} characters without control characters`,
    description,
  });
}

const fields = {
  title: lineSchema(512, 'Shown in explanations.'),
  category: lineSchema(512, 'Path from the root, `a > b`.'),
  brand: lineSchema(256, 'As shoppers know it.'),
  price: Type.Number({ minimum: 0, maximum: 1e12, description: 'Of one piece, in the currency of the shop.' }),
  currency: Type.String({ pattern: '^[A-Z]{3}$', expected: 'three capital letters, as EUR' }),
  available: Type.Boolean({ description: 'Can be sold now; what is not is never recommended.' }),
};

const createdAtSchema = Type.Union([Type.Number(), Type.String({ minLength: 1, maxLength: 64 })], {
  expected: 'epoch milliseconds, or an ISO 8601 date or time with zone',
  description: 'When the shop took it in: epoch milliseconds, or an ISO 8601 date or time with zone.',
});

const ONE_VALUE = Type.String({ pattern: '^[^\\p{Cs}|]{1,1024}$' });
const ATTRIBUTE_NAME = '^[^\\p{Cc}\\p{Cs}]{1,64}$';
const ATTRIBUTE_EXPECTED = `text of 1..1024 characters, a number, true or false, or a list of 1..${MAX_ATTRIBUTE_VALUES} texts without |`;

const attributeValue = [
  Type.String({ pattern: '^[^\\p{Cs}]{1,1024}$' }),
  Type.Number(),
  Type.Boolean(),
  Type.Array(ONE_VALUE, { minItems: 1, maxItems: MAX_ATTRIBUTE_VALUES }),
] as const;

function attributesSchema<Value extends TSchema>(value: Value, description: string) {
  const record = Type.Record(Type.String({ pattern: ATTRIBUTE_NAME }), value, {
    additionalProperties: false,
    description,
  });
  return Type.Refine(
    record,
    (attributes) => areAttributesWithinBounds(attributes as object),
    () => ATTRIBUTE_BOUNDS,
  );
}

/** What the attributes of one product may take. */
export const ATTRIBUTE_BOUNDS = `at most ${MAX_ATTRIBUTES} attributes with ${MAX_ATTRIBUTES_LENGTH} characters in all`;

/** Whether the attributes of one product keep {@link ATTRIBUTE_BOUNDS}. */
export function areAttributesWithinBounds(attributes: object): boolean {
  const entries = Object.entries(attributes);
  const length = entries.reduce((sum, [name, value]) => sum + name.length + String(value).length, 0);
  return entries.length <= MAX_ATTRIBUTES && length <= MAX_ATTRIBUTES_LENGTH;
}

const putFields = {
  title: Type.Optional(fields.title),
  category: Type.Optional(fields.category),
  brand: Type.Optional(fields.brand),
  price: Type.Optional(fields.price),
  currency: Type.Optional(fields.currency),
  available: Type.Optional(Type.Boolean({ description: 'Can be sold now; true when absent.' })),
  created_at: Type.Optional(createdAtSchema),
  attributes: Type.Optional(
    attributesSchema(
      Type.Union([...attributeValue], { expected: ATTRIBUTE_EXPECTED }),
      'Anything else known of the product, by name; several values as a list, or joined by `|`.',
    ),
  ),
};

const orNull = <Schema extends TSchema>(schema: Schema, description: string) =>
  Type.Optional(Type.Union([schema, Type.Null()], { description }));

const patchFields = {
  title: orNull(fields.title, 'null removes it.'),
  category: orNull(fields.category, 'null removes it.'),
  brand: orNull(fields.brand, 'null removes it.'),
  price: orNull(fields.price, 'null: not known.'),
  currency: orNull(fields.currency, 'null removes it.'),
  available: Type.Optional(fields.available),
  created_at: orNull(createdAtSchema, 'null: not known.'),
  attributes: orNull(
    attributesSchema(
      Type.Union([...attributeValue, Type.Null()], { expected: `${ATTRIBUTE_EXPECTED}, or null to remove it` }),
      'Those named are changed, the others stay; null as a value removes one.',
    ),
    'Those named are changed, the others stay; null as a value removes one, null as a whole all.',
  ),
};

const OWN_ID = Type.Optional(idSchema('The id in the path again, or left out.'));
const closed = { additionalProperties: false };

/** Body of `PUT /v1/items/{id}`. */
export const itemPutSchema = Type.Object({ item_id: OWN_ID, ...putFields }, closed);
/** Body of `PATCH /v1/items/{id}`. */
export const itemPatchSchema = Type.Object({ item_id: OWN_ID, ...patchFields }, closed);

export type ItemPut = Static<typeof itemPutSchema>;
export type ItemPatch = Static<typeof itemPatchSchema>;

/** What one operation of a batch does, by its word. */
export const operationSchemas = {
  put: Type.Object({ op: Type.Literal('put'), item: Type.Object({ item_id: ITEM_ID, ...putFields }, closed) }, closed),
  patch: Type.Object(
    { op: Type.Literal('patch'), item: Type.Object({ item_id: ITEM_ID, ...patchFields }, closed) },
    closed,
  ),
  delete: Type.Object({ op: Type.Literal('delete'), item: Type.Object({ item_id: ITEM_ID }, closed) }, closed),
};

/** Body of `POST /v1/items:batch` as documented; the route checks each operation on its own, so that a bad one does not sink the others. */
export const itemBatchSchema = Type.Object(
  {
    operations: Type.Array(Type.Union([operationSchemas.put, operationSchemas.patch, operationSchemas.delete]), {
      maxItems: 500,
    }),
  },
  closed,
);

/** Reply of `POST /v1/items:batch`. */
export const itemBatchReplySchema = Type.Object(
  {
    applied: Type.Integer({ minimum: 0, description: 'Stored, those that changed nothing among them.' }),
    rejected: Type.Array(
      Type.Object(
        {
          index: Type.Integer({ minimum: 0, description: '0-based place in the batch.' }),
          code: Type.String(),
          detail: Type.String(),
        },
        closed,
      ),
      { description: 'Will never be applied as they are; do not send them again unchanged.' },
    ),
  },
  closed,
);

export type ItemBatchReply = Static<typeof itemBatchReplySchema>;

/** A product as replies show it. */
const shownFields = {
  item_id: Type.String(),
  title: Type.Optional(Type.String()),
  category: Type.Optional(Type.String({ description: 'Path from the root, `a > b`.' })),
  brand: Type.Optional(Type.String()),
  price: Type.Optional(Type.Number({ minimum: 0 })),
  currency: Type.Optional(Type.String()),
  available: fields.available,
  created_at: Type.Optional(Type.String({ description: 'ISO 8601.' })),
  attributes: Type.Optional(
    Type.Record(Type.String(), Type.String(), { description: 'Several values are joined by `|`.' }),
  ),
};

/** Reply of `PUT` and `PATCH /v1/items/{id}`. */
export const itemSchema = Type.Object(shownFields, closed);
export type ItemReply = Static<typeof itemSchema>;

/** Reply of `GET /v1/items/{id}`. */
export const readItemSchema = Type.Object(
  {
    ...shownFields,
    read_from: Type.Enum(['store', 'catalogue'], {
      description:
        '`store`: as it was written last, by whichever server. `catalogue`: as this process recommends it, because the store was never told of it or cannot be asked now.',
    }),
  },
  closed,
);
export type ReadItemReply = Static<typeof readItemSchema>;

/** Reply of `DELETE /v1/items/{id}`. */
export const deletedItemSchema = Type.Object(
  {
    item_id: Type.String(),
    deleted: Type.Literal(true),
    existed: Type.Boolean({ description: 'False: there was none, or it was deleted before.' }),
  },
  closed,
);
export type DeletedItemReply = Static<typeof deletedItemSchema>;
