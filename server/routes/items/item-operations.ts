import { MAX_ID_LENGTH } from '../../../features/core/ids.ts';
import { jsonSchemaOf } from '../../config/schema-problems.ts';
import { BODY_ERRORS, type Operation } from '../documented-route.ts';
import { ITEM_ID } from '../fields.ts';
import {
  type DeletedItemReply,
  deletedItemSchema,
  type ItemBatchReply,
  type ItemReply,
  itemBatchReplySchema,
  itemBatchSchema,
  itemPatchSchema,
  itemPutSchema,
  itemSchema,
  type ReadItemReply,
  readItemSchema,
} from './item-schema.ts';

const STORE_ERRORS = ['REC_STORE_UNAVAILABLE', 'REC_RECORD_INVALID'] as const;

const parameters = [
  { name: 'id', in: 'path', schema: { ...jsonSchemaOf(ITEM_ID), maxLength: MAX_ID_LENGTH } },
] as const;

const described = {
  title: 'Trail runner',
  category: 'shoes > running',
  brand: 'Northpeak',
  price: 89.9,
  currency: 'EUR',
  available: true,
};

const shoe = {
  item_id: 'shoe-42',
  ...described,
  created_at: '2025-09-01T00:00:00.000Z',
  attributes: { colour: 'red|black', drop_mm: '6' },
} satisfies ItemReply;

const put = {
  ...described,
  created_at: '2025-09-01',
  attributes: { colour: ['red', 'black'], drop_mm: 6 },
};

const IN_EFFECT =
  'Acknowledged when the store has it; in effect in this process by then, in every other within a second, and after a restart.';

/** What OpenAPI says of the routes about products. */
export const itemOperations = {
  get: {
    operationId: 'getItem',
    summary: 'One product with its current price and availability',
    description:
      'What the store has, as it was written last by whichever server. A product the store was never told of comes from the bundle; so does any while the store cannot be asked: `read_from` says which.',
    tag: 'catalogue',
    parameters,
    replies: {
      200: {
        description: 'The product.',
        body: { name: 'ReadItem', schema: readItemSchema },
        example: { ...shoe, read_from: 'store' } satisfies ReadItemReply,
      },
    },
    errors: ['REC_UNKNOWN_ITEM'],
  },
  put: {
    operationId: 'putItem',
    summary: 'Adds a product, or replaces all that is known of it',
    description: `What is left out is not known any more; \`available\` is then true. A new product is recommended by its fields at once and found by similarity within a second. A deleted one comes back. ${IN_EFFECT} Doing it twice changes nothing.`,
    tag: 'catalogue',
    parameters,
    body: { name: 'ItemPut', schema: itemPutSchema },
    bodyExample: put,
    replies: {
      200: { description: 'Replaced; as it is stored.', body: { name: 'Item', schema: itemSchema }, example: shoe },
      201: { description: 'Added; as it is stored.', body: { name: 'Item', schema: itemSchema }, example: shoe },
    },
    errors: [...BODY_ERRORS, ...STORE_ERRORS],
  },
  patch: {
    operationId: 'patchItem',
    summary: 'Changes the fields named, as price and availability',
    description: `The others stay; null removes one. ${IN_EFFECT} Doing it twice changes nothing.`,
    tag: 'catalogue',
    parameters,
    body: { name: 'ItemPatch', schema: itemPatchSchema },
    bodyExample: { price: 79.9, available: false, attributes: { colour: null } },
    replies: {
      200: {
        description: 'Changed; as it is stored.',
        body: { name: 'Item', schema: itemSchema },
        example: { ...shoe, price: 79.9, available: false, attributes: { drop_mm: '6' } } satisfies ItemReply,
      },
    },
    errors: ['REC_UNKNOWN_ITEM', ...BODY_ERRORS, ...STORE_ERRORS],
  },
  delete: {
    operationId: 'deleteItem',
    summary: 'Takes a product out of the catalogue for good',
    description: `It is recommended nowhere any more, also not from a bundle that has it, until it is put again. Deleting what is not there is no mistake: the id stays hidden from then on. ${IN_EFFECT}`,
    tag: 'catalogue',
    parameters,
    replies: {
      200: {
        description: 'Deleted.',
        body: { name: 'DeletedItem', schema: deletedItemSchema },
        example: { item_id: 'shoe-42', deleted: true, existed: true } satisfies DeletedItemReply,
      },
    },
    errors: STORE_ERRORS,
  },
  batch: {
    operationId: 'changeItems',
    summary: 'Puts, patches and deletes many products',
    description: `At most 500 operations in 256 KiB unless configured otherwise. Each is checked and done on its own, several on one product in their order. ${IN_EFFECT} After a 503 nothing is acknowledged: send the same batch again.`,
    tag: 'catalogue',
    body: { name: 'ItemBatch', schema: itemBatchSchema },
    bodyExample: {
      operations: [
        { op: 'put', item: { item_id: 'shoe-42', ...put } },
        { op: 'patch', item: { item_id: 'shoe-43', available: false } },
        { op: 'delete', item: { item_id: 'shoe-44' } },
      ],
    },
    replies: {
      200: {
        description: 'Stored, or rejected for good, operation by operation.',
        body: { name: 'ItemBatchReply', schema: itemBatchReplySchema },
        example: {
          applied: 2,
          rejected: [
            {
              index: 1,
              code: 'REC_UNKNOWN_ITEM',
              detail: 'id: "shoe-43" given, expected an item of the catalogue',
            },
          ],
        } satisfies ItemBatchReply,
      },
    },
    errors: [...BODY_ERRORS, ...STORE_ERRORS],
  },
} as const satisfies Record<string, Operation>;
