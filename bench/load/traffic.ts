import { SeededRandom } from '../../features/core/seeded-random.ts';

/** What shoppers ask and tell, as data that can be handed to another process. */
export interface TrafficSpec {
  readonly seed: number;
  /** Shoppers the store knows. */
  readonly userIds: readonly string[];
  /** Share of requests that name a shopper nobody knows, 0..1. */
  readonly unknownRatio: number;
  /** Products for pages and events. */
  readonly itemIds: readonly string[];
  /** Scenes asked for, evenly; `hasItem` scenes are about one product. */
  readonly scenes: readonly { readonly name: string; readonly hasItem: boolean }[];
  /** Share of requests that bring a batch of events instead of asking, 0..1. */
  readonly eventsRatio: number;
}

export type RequestKind = 'recommend' | 'events' | 'ping';

export interface TrafficRequest {
  readonly kind: RequestKind;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body: string;
}

/** A request that costs HTTP and nothing else. */
export const PING: TrafficRequest = { kind: 'ping', method: 'GET', path: '/livez', body: '' };

const EVENT_TYPES = ['view_item', 'view_item', 'view_item', 'add_to_cart', 'purchase'] as const;
const MAX_BATCH = 5;

/** Makes requests one after another; the same spec gives the same ones, but for the moment and names of events. */
export class Traffic {
  private readonly spec: TrafficSpec;
  private readonly random: SeededRandom;
  private readonly eventPrefix: string;
  private count = 0;

  /** @param eventPrefix makes event ids unique among runs against one store */
  constructor(spec: TrafficSpec, eventPrefix: string) {
    this.spec = spec;
    this.random = new SeededRandom(spec.seed);
    this.eventPrefix = eventPrefix;
  }

  next(): TrafficRequest {
    this.count += 1;
    const userId = this.random.next() < this.spec.unknownRatio ? `unknown-${this.count}` : this.pick(this.spec.userIds);
    return this.random.next() < this.spec.eventsRatio ? this.eventBatch(userId) : this.recommend(userId);
  }

  private recommend(userId: string): TrafficRequest {
    const { name, hasItem } = this.pick(this.spec.scenes);
    const about = hasItem ? { item_ids: [this.pick(this.spec.itemIds)] } : {};
    return {
      kind: 'recommend',
      method: 'POST',
      path: '/v1/recommend',
      body: JSON.stringify({ scene: name, user_id: userId, ...about }),
    };
  }

  private eventBatch(userId: string): TrafficRequest {
    const events = Array.from({ length: 1 + this.random.nextInt(MAX_BATCH) }, (_, i) => ({
      event_id: `${this.eventPrefix}-${this.count}-${i}`,
      event: this.pick(EVENT_TYPES),
      timestamp: Date.now(),
      user_id: userId,
      items: [{ item_id: this.pick(this.spec.itemIds) }],
    }));
    return { kind: 'events', method: 'POST', path: '/v1/events', body: JSON.stringify({ events }) };
  }

  private pick<T>(values: readonly T[]): T {
    return values[this.random.nextInt(values.length)]!;
  }
}

/** A request as bytes of HTTP/1.1. */
export function encodeRequest({ method, path, body }: TrafficRequest, host: string): Buffer {
  const head = `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\n`;
  if (method === 'GET') return Buffer.from(`${head}\r\n`);
  const length = Buffer.byteLength(body);
  return Buffer.from(`${head}content-type: application/json\r\ncontent-length: ${length}\r\n\r\n${body}`);
}
