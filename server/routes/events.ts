import type { Clock } from '../../features/core/clock.ts';
import { Deadline } from '../../features/core/deadline.ts';
import { type ErrorCode, VitrineError } from '../../features/core/errors.ts';
import type { ShopperKey } from '../../features/core/ids.ts';
import { applyEvent, type ItemFactsLookup, type ProfilePolicy } from '../../features/profile/apply-event.ts';
import type { EventType, ShopEvent } from '../../features/profile/event.ts';
import type { Profile } from '../../features/profile/profile.ts';
import type { FeatureStore, ProfileChange } from '../../features/store/feature-store.ts';
import { previewOf } from '../config/schema-problems.ts';
import type { HttpReply } from '../http/http-server.ts';
import { jsonBodyOf, jsonReply } from '../http/json-body.ts';
import { invalidRequest } from '../http/problem.ts';
import { decodeEvent, type EventWindow } from './decode-event.ts';
import { BODY_ERRORS, type DocumentedRoute, type Operation } from './documented-route.ts';
import { type EventBatchReply, eventBatchReplySchema, eventBatchSchema } from './event-schema.ts';
import type { EventsConfig } from './events-config.ts';

export type EventResult = 'accepted' | 'duplicate' | 'rejected';

export interface EventsRouteParts {
  readonly store: Pick<FeatureStore, 'updateProfile'>;
  readonly factsLookup: ItemFactsLookup;
  readonly policy: ProfilePolicy;
  readonly clock: Clock;
  readonly limits: Pick<EventsConfig, 'maxBatchSize' | 'maxFutureSkewMs' | 'storeMs'> & {
    readonly maxEventAgeMs: number;
  };
  /** Called once for each event of an answered batch, for metrics; `type` is undefined when it was not understood. */
  readonly onEvent?: (type: EventType | undefined, result: EventResult) => void;
  /** Told of a shopper's record that cannot be decoded: their events are rejected, the batch goes on. */
  readonly onFailure?: (error: unknown) => void;
}

/** Shoppers of one batch that are written at the same time: keeps a large batch from flooding the store's connection. */
const CONCURRENT_UPDATES = 16;

type Rejection = EventBatchReply['rejected'][number];

/** The accepted events of one shopper, in time order. */
interface ShopperEvents {
  readonly key: ShopperKey;
  readonly events: { readonly index: number; readonly event: ShopEvent }[];
}

/** `POST /v1/events`: acknowledged only when the store has the events. */
export function makeEventsRoute(parts: EventsRouteParts): DocumentedRoute {
  return {
    method: 'POST',
    pattern: '/v1/events',
    operation: eventsOperation,
    handle: (request) => acceptBatch(parts, batchOf(jsonBodyOf(request), parts.limits.maxBatchSize)),
  };
}

function batchOf(body: unknown, maxBatchSize: number): readonly unknown[] {
  const isObject = typeof body === 'object' && body !== null && !Array.isArray(body);
  if (!isObject) throw invalidRequest([{ path: '', value: previewOf(body), expected: '{"events": [...]}' }]);
  const { events, ...rest } = body as { readonly events?: unknown };
  const problems = Object.keys(rest).map((key) => ({
    path: key.slice(0, 60),
    value: 'given',
    expected: 'no such key; known keys: events',
  }));
  if (Array.isArray(events) && events.length <= maxBatchSize && problems.length === 0) return events;
  if (!Array.isArray(events) || events.length > maxBatchSize) {
    problems.push({ path: 'events', value: previewOf(events), expected: `array of at most ${maxBatchSize} events` });
  }
  throw invalidRequest(problems);
}

async function acceptBatch(parts: EventsRouteParts, batch: readonly unknown[]): Promise<HttpReply> {
  const { limits } = parts;
  const window: EventWindow = { nowMs: parts.clock.nowMs(), ...limits };
  const rejected: Rejection[] = [];
  const shoppers = groupByShopper(batch, window, rejected);
  const deadline = Deadline.after(limits.storeMs);
  const results = await mapConcurrently(shoppers, CONCURRENT_UPDATES, (shopper) =>
    applyToProfile(parts, shopper, deadline),
  );
  let accepted = 0;
  let duplicates = 0;
  for (const [i, result] of results.entries()) {
    const { events } = shoppers[i]!;
    if ('code' in result) {
      rejected.push(...events.map(({ index }) => ({ index, ...result })));
      continue;
    }
    accepted += events.length - result.duplicateIndexes.size;
    duplicates += result.duplicateIndexes.size;
    for (const { index, event } of events)
      parts.onEvent?.(event.type, result.duplicateIndexes.has(index) ? 'duplicate' : 'accepted');
  }
  for (const _ of rejected) parts.onEvent?.(undefined, 'rejected');
  rejected.sort((a, b) => a.index - b.index);
  const reply: EventBatchReply = { accepted, duplicates, rejected };
  return jsonReply(reply, 202);
}

function groupByShopper(batch: readonly unknown[], window: EventWindow, rejected: Rejection[]): ShopperEvents[] {
  const byKey = new Map<ShopperKey, ShopperEvents>();
  for (const [index, raw] of batch.entries()) {
    const decoded = decodeEvent(raw, window);
    if (!decoded.isAccepted) {
      rejected.push({ index, code: decoded.code, detail: decoded.detail });
      continue;
    }
    let shopper = byKey.get(decoded.shopperKey);
    if (shopper === undefined) {
      shopper = { key: decoded.shopperKey, events: [] };
      byKey.set(decoded.shopperKey, shopper);
    }
    shopper.events.push({ index, event: decoded.event });
  }
  for (const { events } of byKey.values()) events.sort((a, b) => a.event.atMs - b.event.atMs);
  return [...byKey.values()];
}

type ShopperResult =
  | { readonly duplicateIndexes: ReadonlySet<number> }
  | { readonly code: ErrorCode; readonly detail: string };

async function applyToProfile(
  parts: EventsRouteParts,
  shopper: ShopperEvents,
  deadline: Deadline,
): Promise<ShopperResult> {
  let duplicateIndexes = new Set<number>();
  const change = (profile: Profile): ProfileChange => {
    // Runs again when another writer came first: only the last run counts.
    duplicateIndexes = new Set();
    for (const { index, event } of shopper.events) {
      if (!applyEvent(profile, event, parts.factsLookup, parts.policy)) duplicateIndexes.add(index);
    }
    return duplicateIndexes.size < shopper.events.length ? 'write' : 'keep';
  };
  try {
    await parts.store.updateProfile(shopper.key, change, deadline);
    return { duplicateIndexes };
  } catch (error) {
    if (!(error instanceof VitrineError)) throw error;
    if (error.code === 'REC_RECORD_INVALID') {
      parts.onFailure?.(error);
      return { code: error.code, detail: 'What is stored of this shopper cannot be read; the operator has been told.' };
    }
    if (error.code !== 'REC_DEADLINE_EXCEEDED') throw error;
    throw new VitrineError('REC_STORE_UNAVAILABLE', 'the store did not take the events in time', {
      isRetryable: true,
      cause: error,
    });
  }
}

/** Results in input order; the first rejection ends it, after the calls under way. */
async function mapConcurrently<T, R>(
  values: readonly T[],
  width: number,
  work: (value: T) => Promise<R>,
): Promise<R[]> {
  const results = new Array<R>(values.length);
  let next = 0;
  let hasFailed = false;
  const run = async (): Promise<void> => {
    while (next < values.length && !hasFailed) {
      const i = next++;
      try {
        results[i] = await work(values[i]!);
      } catch (error) {
        hasFailed = true;
        throw error;
      }
    }
  };
  const settled = await Promise.allSettled(Array.from({ length: Math.min(width, values.length) }, run));
  const failure = settled.find((outcome) => outcome.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
  return results;
}

const eventsOperation: Operation = {
  operationId: 'sendEvents',
  summary: 'What shoppers did',
  description:
    'At most 500 events in 256 KiB unless configured otherwise. Each event is checked on its own. 202 means stored: the next request of the shopper sees it. After a 503 nothing is acknowledged: send the same batch again, events that got through count once.',
  tag: 'events',
  body: { name: 'EventBatch', schema: eventBatchSchema },
  bodyExample: {
    events: [
      {
        event_id: 'e-1',
        event: 'add_to_cart',
        timestamp: '2026-01-31T12:00:00Z',
        user_id: 'u-1001',
        items: [{ item_id: 'shoe-42', price: 89.9, quantity: 1, index: 0 }],
      },
    ],
  },
  replies: {
    202: {
      description: 'Stored, or rejected for good, event by event.',
      body: { name: 'EventBatchReply', schema: eventBatchReplySchema },
      example: {
        accepted: 1,
        duplicates: 0,
        rejected: [
          {
            index: 1,
            code: 'REC_INVALID_REQUEST',
            detail: 'event_id: missing given, expected id of 1..256 characters',
          },
        ],
      } satisfies EventBatchReply,
    },
  },
  errors: [...BODY_ERRORS, 'REC_STORE_UNAVAILABLE'],
};
