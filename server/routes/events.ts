import { randomInt } from 'node:crypto';
import type { Clock } from '../../features/core/clock.ts';
import { Deadline } from '../../features/core/deadline.ts';
import type { ItemFactsLookup, ProfilePolicy } from '../../features/profile/apply-event.ts';
import type { EventType } from '../../features/profile/event.ts';
import { EVENT_HASH_CAPACITY, EVENT_MEMORY_HOURS } from '../../features/profile/profile.ts';
import type { FeatureStore } from '../../features/store/feature-store.ts';
import type { HttpReply, HttpRequest } from '../http/http-server.ts';
import { jsonReply } from '../http/json-body.ts';
import { decodeEvent, type EventWindow } from './decode-event.ts';
import { BODY_ERRORS, type DocumentedRoute, type Operation } from './documented-route.ts';
import { eventsOfBody } from './event-batch-body.ts';
import { type EventBatchReply, eventBatchReplySchema, eventBatchSchema } from './event-schema.ts';
import type { EventsConfig } from './events-config.ts';
import { type EventOutcome, type IncomingEvent, ingestEvents } from './ingest-events.ts';
import { storeInTime } from './store-in-time.ts';

export type EventResult = 'accepted' | 'duplicate' | 'ignored' | 'rejected';

export interface EventsRouteParts {
  readonly store: Pick<FeatureStore, 'updateProfiles'>;
  readonly factsLookup: ItemFactsLookup;
  readonly policy: ProfilePolicy;
  readonly clock: Clock;
  /** False: the whole shop is served without knowing anybody; events are checked and left. */
  readonly isShopPersonalized: boolean;
  readonly limits: Pick<EventsConfig, 'maxBatchSize' | 'maxFutureSkewMs' | 'storeMs'> & {
    readonly maxEventAgeMs: number;
  };
  /** Called once for each event of an answered batch, for metrics; `type` is undefined when it was not understood. */
  readonly onEvent?: (type: EventType | undefined, result: EventResult) => void;
  /** Called once for each answered batch, with the number of events in it. */
  readonly onBatch?: (eventCount: number) => void;
  /** Told of a shopper's record that cannot be decoded: their events are rejected, the batch goes on. */
  readonly onFailure?: (error: unknown) => void;
}

/** A join is named by so many random bits. */
const JOIN_ID_BOUND = 2 ** 40;

type Rejection = EventBatchReply['rejected'][number];

/** An event that passed its checks, with its place in the batch. */
interface PlacedEvent extends IncomingEvent {
  readonly index: number;
}

/** What an event that was not stored for good is answered with. */
const REFUSALS = {
  erased: {
    code: 'REC_SHOPPER_ERASED',
    detail: 'timestamp: not after the erasure of this shopper; what was erased does not come back.',
  },
  unreadable: {
    code: 'REC_RECORD_INVALID',
    detail: 'What is stored of this shopper cannot be read; the operator has been told.',
  },
} as const satisfies Partial<Record<EventOutcome, Omit<Rejection, 'index'>>>;

/** `POST /v1/events`: acknowledged only when the store has the events. */
export function makeEventsRoute(parts: EventsRouteParts): DocumentedRoute {
  return {
    method: 'POST',
    pattern: '/v1/events',
    operation: eventsOperation,
    handle: (request) => acceptBatch(parts, request),
  };
}

async function acceptBatch(parts: EventsRouteParts, request: HttpRequest): Promise<HttpReply> {
  const { eventCount, placed, rejected } = decodeBatch(parts, request);
  // From here on the batch is answered or fails as a whole: counting before would count batches that are sent again twice.
  const outcomes = parts.isShopPersonalized ? await store(parts, placed) : placed.map(() => 'ignored' as const);
  for (const _ of rejected) parts.onEvent?.(undefined, 'rejected');
  const counts = { accepted: 0, duplicate: 0, ignored: 0 };
  for (const [i, { index, event }] of placed.entries()) {
    const outcome = outcomes[i]!;
    if (outcome === 'erased' || outcome === 'unreadable') {
      rejected.push({ index, ...REFUSALS[outcome] });
      parts.onEvent?.(event.type, 'rejected');
    } else {
      counts[outcome] += 1;
      parts.onEvent?.(event.type, outcome);
    }
  }
  parts.onBatch?.(eventCount);
  rejected.sort((a, b) => a.index - b.index);
  const { accepted, duplicate: duplicates, ignored } = counts;
  return jsonReply({ accepted, duplicates, ignored, rejected } satisfies EventBatchReply, 202);
}

/** Apart from what waits for the store, so that the body is not held meanwhile. */
function decodeBatch(parts: EventsRouteParts, request: HttpRequest) {
  const batch = eventsOfBody(request, parts.limits.maxBatchSize);
  const window: EventWindow = { nowMs: parts.clock.nowMs(), ...parts.limits };
  const rejected: Rejection[] = [];
  const placed: PlacedEvent[] = [];
  for (const [index, raw] of batch.entries()) {
    const decoded = decodeEvent(raw, window);
    if (decoded.isAccepted) placed.push({ index, event: decoded.event, details: decoded.details });
    else rejected.push({ index, code: decoded.code, detail: decoded.detail });
  }
  return { eventCount: batch.length, placed, rejected };
}

function store(parts: EventsRouteParts, events: readonly PlacedEvent[]): Promise<EventOutcome[]> {
  const { factsLookup, policy, limits, onFailure } = parts;
  const ingest = {
    store: parts.store,
    factsLookup,
    policy,
    newJoinId: () => randomInt(1, JOIN_ID_BOUND),
    ...(onFailure === undefined ? {} : { onUnreadable: onFailure }),
  };
  return storeInTime(ingestEvents(ingest, events, Deadline.after(limits.storeMs)));
}

const eventsOperation: Operation = {
  operationId: 'sendEvents',
  summary: 'What shoppers did',
  description: [
    'At most 500 events in 256 KiB unless configured otherwise, as JSON or as the protobuf message `vitrine.v1.EventBatch`',
    '(server/proto/events.proto) with the same result. Each event is checked on its own; one bad event never sinks its batch.',
    '202 means stored: the next request of the shopper sees it. After a 503 nothing is acknowledged: send the same batch again,',
    `events that got through count once. An \`event_id\` names an event among those of its shopper and is remembered for ${EVENT_MEMORY_HOURS} hours`,
    `and the ${EVENT_HASH_CAPACITY} latest events of the shopper, whichever ends first. Events that come late or out of order give the same profile`,
    'as in order. An event with `user_id` and `session_id` is a log-in: what the visit did before joins the account, once, and',
    'what comes later with that `session_id` alone counts for the account.',
  ].join(' '),
  tag: 'events',
  body: { name: 'EventBatch', schema: eventBatchSchema },
  protobufBody: 'vitrine.v1.EventBatch of server/proto/events.proto',
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
        ignored: 0,
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
