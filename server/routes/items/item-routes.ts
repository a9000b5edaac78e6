import type { ItemRecord } from '../../../features/catalogue/catalogue.ts';
import { Deadline } from '../../../features/core/deadline.ts';
import { VitrineError } from '../../../features/core/errors.ts';
import type { FeatureStore } from '../../../features/store/feature-store.ts';
import { problemsOf } from '../../config/schema-problems.ts';
import type { HttpReply, HttpRequest } from '../../http/http-server.ts';
import { jsonBodyOf, jsonReply } from '../../http/json-body.ts';
import { invalidRequest } from '../../http/problem.ts';
import type { DocumentedRoute } from '../documented-route.ts';
import { ITEM_ID } from '../fields.ts';
import { type Decoded, decodePatch, decodePut, type ItemChanger } from './decode-item.ts';
import { applyItemBatch } from './item-batch.ts';
import { makeItemChangers, type ServedCatalogue, unknownItem } from './item-changers.ts';
import { itemOperations } from './item-operations.ts';
import { itemReplyOf } from './item-reply.ts';
import type { DeletedItemReply, ReadItemReply } from './item-schema.ts';
import type { ItemsConfig } from './items-config.ts';

export interface ItemRouteParts {
  readonly store: Pick<FeatureStore, 'readItem' | 'updateItem'>;
  /** The catalogue being served; asked for each request, since a new model version brings a new one. */
  readonly catalogue: () => ServedCatalogue;
  /** Resolves when everything the store took before the call is in effect in this process. */
  readonly catchUp: (deadline: Deadline) => Promise<void>;
  readonly limits: Pick<ItemsConfig, 'maxBatchSize' | 'storeMs'>;
  /** Told of a product in the store that cannot be decoded. */
  readonly onFailure?: (error: unknown) => void;
}

/** Longest a reply waits until what it acknowledges is in effect in this process; other processes are not waited for. */
const CATCH_UP_MS = 250;

/** The catalogue over HTTP; a change is acknowledged only when the store has it. */
export function makeItemRoutes(parts: ItemRouteParts): DocumentedRoute[] {
  const one = (
    method: 'GET' | 'PUT' | 'PATCH' | 'DELETE',
    operation: DocumentedRoute['operation'],
    handle: (itemId: string, request: HttpRequest, deadline: Deadline) => Promise<HttpReply>,
  ): DocumentedRoute => ({
    method,
    pattern: '/v1/items/{id}',
    operation,
    handle: (request, params) => handle(checkedId(params.id!), request, Deadline.after(parts.limits.storeMs)),
  });
  return [
    one('GET', itemOperations.get, (itemId, _request, deadline) => getItem(parts, itemId, deadline)),
    one('PUT', itemOperations.put, (itemId, request, deadline) =>
      putItem(parts, decodedOrThrow(decodePut(itemId, jsonBodyOf(request))), deadline),
    ),
    one('PATCH', itemOperations.patch, (itemId, request, deadline) =>
      patchItem(parts, itemId, decodedOrThrow(decodePatch(itemId, jsonBodyOf(request))), deadline),
    ),
    one('DELETE', itemOperations.delete, (itemId, _request, deadline) => removeItem(parts, itemId, deadline)),
    {
      method: 'POST',
      pattern: '/v1/items:batch',
      operation: itemOperations.batch,
      handle: async (request) => {
        const reply = await applyItemBatch(makeItemChangers(parts), jsonBodyOf(request), parts.limits);
        await settle(parts);
        return jsonReply(reply);
      },
    },
  ];
}

async function getItem(parts: ItemRouteParts, itemId: string, deadline: Deadline): Promise<HttpReply> {
  let stored: ItemRecord | undefined;
  try {
    stored = await parts.store.readItem(itemId, deadline);
    // A product the store does not have was deleted, perhaps a moment ago by another process, or it is the bundle's.
    if (stored === undefined) await settle(parts);
  } catch (error) {
    // A store that cannot be asked is reported by its own metrics and by /readyz; a broken record is not.
    if (!(error instanceof VitrineError) || error.category === 'bug') throw error;
    if (error.category === 'artifact') parts.onFailure?.(error);
  }
  if (stored !== undefined) return jsonReply({ ...itemReplyOf(stored), read_from: 'store' } satisfies ReadItemReply);
  const served = parts.catalogue();
  const item = served.indexOf(itemId);
  if (item < 0 || served.isDeleted(item)) throw unknownItem(itemId);
  return jsonReply({ ...itemReplyOf(served.record(item)), read_from: 'catalogue' } satisfies ReadItemReply);
}

async function putItem(parts: ItemRouteParts, record: ItemRecord, deadline: Deadline): Promise<HttpReply> {
  const { stored, existed } = await makeItemChangers(parts).put(record, deadline);
  await settle(parts);
  return jsonReply(itemReplyOf(stored), existed ? 200 : 201);
}

async function patchItem(
  parts: ItemRouteParts,
  itemId: string,
  change: ItemChanger,
  deadline: Deadline,
): Promise<HttpReply> {
  const stored = await makeItemChangers(parts).patch(itemId, change, deadline);
  await settle(parts);
  return jsonReply(itemReplyOf(stored));
}

async function removeItem(parts: ItemRouteParts, itemId: string, deadline: Deadline): Promise<HttpReply> {
  const { existed } = await makeItemChangers(parts).delete(itemId, deadline);
  await settle(parts);
  return jsonReply({ item_id: itemId, deleted: true, existed } satisfies DeletedItemReply);
}

/** Waits a moment until what was stored is in effect here. The store has it: when that takes longer, the reply does not. */
async function settle({ catchUp }: ItemRouteParts): Promise<void> {
  try {
    await catchUp(Deadline.after(CATCH_UP_MS));
  } catch (error) {
    if (!(error instanceof VitrineError) || error.category === 'bug') throw error;
  }
}

function checkedId(id: string): string {
  const problems = problemsOf(ITEM_ID, id);
  if (problems.length > 0) throw invalidRequest(problems.map((problem) => ({ ...problem, path: 'id' })));
  return id;
}

function decodedOrThrow<Value>(decoded: Decoded<Value>): Value {
  if (!decoded.isValid) throw invalidRequest(decoded.problems);
  return decoded.value;
}
