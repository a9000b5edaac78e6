import { type Static, Type } from 'typebox';
import type { Catalogue, ItemRecord } from '../../features/catalogue/catalogue.ts';
import { VitrineError } from '../../features/core/errors.ts';
import { MAX_ID_LENGTH } from '../../features/core/ids.ts';
import { jsonSchemaOf, previewOf, problemsOf } from '../config/schema-problems.ts';
import { jsonReply } from '../http/json-body.ts';
import { invalidRequest } from '../http/problem.ts';
import type { DocumentedRoute, Operation } from './documented-route.ts';
import { ITEM_ID } from './fields.ts';

/** Reply of `GET /v1/items/{id}`. */
const itemReplySchema = Type.Object(
  {
    item_id: Type.String(),
    title: Type.Optional(Type.String()),
    category: Type.Optional(Type.String({ description: 'Path from the root, `a > b`.' })),
    brand: Type.Optional(Type.String()),
    price: Type.Optional(Type.Number({ minimum: 0 })),
    currency: Type.Optional(Type.String()),
    available: Type.Boolean({ description: 'Can be sold now; what is not is never recommended.' }),
    created_at: Type.Optional(Type.String({ description: 'ISO 8601.' })),
    attributes: Type.Optional(Type.Record(Type.String(), Type.String())),
  },
  { additionalProperties: false },
);

type ItemReply = Static<typeof itemReplySchema>;

export interface ItemRouteParts {
  /** The catalogue being served; asked for each request, since a new model version brings a new one. */
  readonly catalogue: () => Pick<Catalogue, 'indexOf' | 'record'>;
}

/** `GET /v1/items/{id}`: a product with its current price and availability. */
export function makeItemRoute({ catalogue }: ItemRouteParts): DocumentedRoute {
  return {
    method: 'GET',
    pattern: '/v1/items/{id}',
    operation: itemOperation,
    handle: (_request, params) => {
      const id = params.id!;
      const problems = problemsOf(ITEM_ID, id);
      if (problems.length > 0) throw invalidRequest(problems.map((problem) => ({ ...problem, path: 'id' })));
      const current = catalogue();
      const index = current.indexOf(id);
      if (index < 0)
        throw new VitrineError('REC_UNKNOWN_ITEM', `id: ${previewOf(id)} given, expected an item of the catalogue`);
      return jsonReply(itemReplyOf(current.record(index)));
    },
  };
}

function itemReplyOf(record: ItemRecord): ItemReply {
  return {
    item_id: record.itemId,
    ...(record.title === undefined ? {} : { title: record.title }),
    ...(record.category === undefined ? {} : { category: record.category }),
    ...(record.brand === undefined ? {} : { brand: record.brand }),
    ...(record.price === undefined ? {} : { price: record.price }),
    ...(record.currency === undefined ? {} : { currency: record.currency }),
    available: record.isAvailable,
    ...(record.createdAtMs === undefined ? {} : { created_at: new Date(record.createdAtMs).toISOString() }),
    ...(record.attributes === undefined ? {} : { attributes: { ...record.attributes } }),
  };
}

const itemOperation: Operation = {
  operationId: 'getItem',
  summary: 'One product with its current price and availability',
  tag: 'catalogue',
  parameters: [{ name: 'id', in: 'path', schema: { ...jsonSchemaOf(ITEM_ID), maxLength: MAX_ID_LENGTH } }],
  replies: {
    200: {
      description: 'The product.',
      body: { name: 'Item', schema: itemReplySchema },
      example: {
        item_id: 'shoe-42',
        title: 'Trail runner',
        category: 'shoes > running',
        brand: 'Northpeak',
        price: 89.9,
        currency: 'EUR',
        available: true,
        created_at: '2025-09-01T00:00:00.000Z',
      } satisfies ItemReply,
    },
  },
  errors: ['REC_UNKNOWN_ITEM'],
};
