import { Deadline } from '../../../features/core/deadline.ts';
import { VitrineError } from '../../../features/core/errors.ts';
import { listOf } from '../list-body.ts';
import { decodeOperation, type ItemOperation } from './decode-item.ts';
import type { ItemChangers } from './item-changers.ts';
import type { ItemBatchReply } from './item-schema.ts';
import type { ItemsConfig } from './items-config.ts';

/** Products of one batch that are written at the same time: keeps a large batch from flooding the store's connection. */
const CONCURRENT_ITEMS = 16;
const SHOWN_PROBLEMS = 5;

/** The operations on one product, in the order of the batch. */
type ItemOperations = { readonly index: number; readonly operation: ItemOperation }[];
type Rejection = ItemBatchReply['rejected'][number];

/**
 * Does each operation of a batch on its own; several on one product in their order.
 *
 * Errors: REC_INVALID_REQUEST when the body is no batch, REC_STORE_UNAVAILABLE when the store fails: then nothing is acknowledged, and the
 * same batch can be sent again.
 */
export async function applyItemBatch(
  changers: ItemChangers,
  body: unknown,
  limits: Pick<ItemsConfig, 'maxBatchSize' | 'storeMs'>,
): Promise<ItemBatchReply> {
  const batch = listOf(body, 'operations', limits.maxBatchSize);
  const rejected: Rejection[] = [];
  const byItem = new Map<string, ItemOperations>();
  for (const [index, raw] of batch.entries()) {
    const decoded = decodeOperation(raw);
    if (!decoded.isValid) {
      const lines = decoded.problems
        .slice(0, SHOWN_PROBLEMS)
        .map(
          ({ path, value, expected }) => `${path === '' ? 'operation' : path}: ${value} given, expected ${expected}`,
        );
      rejected.push({ index, code: 'REC_INVALID_REQUEST', detail: lines.join('; ') });
      continue;
    }
    const { itemId } = decoded.value;
    const operations = byItem.get(itemId) ?? [];
    byItem.set(itemId, operations);
    operations.push({ index, operation: decoded.value });
  }
  await applyAll(changers, [...byItem.values()], rejected, Deadline.after(limits.storeMs));
  rejected.sort((a, b) => a.index - b.index);
  return { applied: batch.length - rejected.length, rejected };
}

/** After the first failure of the store nothing more is begun; what is under way ends before it is thrown. */
async function applyAll(
  changers: ItemChangers,
  items: ItemOperations[],
  rejected: Rejection[],
  deadline: Deadline,
): Promise<void> {
  let next = 0;
  let hasFailed = false;
  const work = async (): Promise<void> => {
    while (next < items.length && !hasFailed) {
      for (const { index, operation } of items[next++]!) {
        try {
          await apply(changers, operation, deadline);
        } catch (error) {
          const isOwnFault = error instanceof VitrineError && error.category === 'client';
          if (!isOwnFault) {
            hasFailed = true;
            throw error;
          }
          rejected.push({ index, code: error.code, detail: error.message });
        }
      }
    }
  };
  const lanes = await Promise.allSettled(Array.from({ length: Math.min(CONCURRENT_ITEMS, items.length) }, work));
  const failure = lanes.find((lane) => lane.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
}

async function apply(changers: ItemChangers, operation: ItemOperation, deadline: Deadline): Promise<void> {
  switch (operation.op) {
    case 'put':
      await changers.put(operation.record, deadline);
      break;
    case 'patch':
      await changers.patch(operation.itemId, operation.change, deadline);
      break;
    case 'delete':
      await changers.delete(operation.itemId, deadline);
  }
}
