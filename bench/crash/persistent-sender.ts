import { SeededRandom } from '../../features/core/seeded-random.ts';
import type { Target } from '../lib/server-process.ts';
import { HttpConnection } from '../load/http-connection.ts';
import { encodeRequest } from '../load/traffic.ts';
import type { EventPlan } from './event-plan.ts';

/** How the sending went. */
export interface SendCounts {
  readonly requestCount: number;
  /** Events in all requests, repetitions included. */
  readonly sentCount: number;
  /** Events the servers called known already. */
  readonly duplicateCount: number;
  /** Requests that were not acknowledged, by reason: `closed`, `timeout`, `status 503`, ... */
  readonly unacknowledged: Readonly<Record<string, number>>;
  /** Replies that break the contract: an event rejected, ignored or missing. */
  readonly faults: readonly string[];
}

const MAX_BATCH = 50;
/** Events that wait to be sent: how far an event may fall behind others. */
const SHUFFLED = 2_000;
/** Events sent lately, from which some are sent again. */
const RECENT = 5_000;
const AGAIN_RATIO = 0.1;
const PAUSE_AFTER_FAILURE_MS = 20;
const MAX_FAULTS = 20;
/** What is killed is back within seconds. */
const STALLED_MS = 60_000;

/**
 * Sends every event of a plan until it is acknowledged: in batches of any size, out of order, some events again although they were
 * acknowledged or are still on their way, and what was not acknowledged once more in other company.
 */
export class PersistentSender {
  /** Events acknowledged at least once. */
  acknowledgedCount = 0;
  /** Nothing is sent while so many events are acknowledged. */
  pauseAt = Number.POSITIVE_INFINITY;
  /** Whether sending has ended, well or not. */
  isOver = false;
  private readonly plan: EventPlan;
  private readonly targets: readonly Target[];
  private readonly random: SeededRandom;
  private readonly isAcknowledged: Uint8Array;
  private readonly waiting: number[] = [];
  private readonly recent: number[] = [];
  private nextNew = 0;
  private lastProgressMs = performance.now();
  private requestCount = 0;
  private sentCount = 0;
  private duplicateCount = 0;
  private readonly unacknowledged: Record<string, number> = {};
  private readonly faults: string[] = [];

  constructor(plan: EventPlan, targets: readonly Target[], seed: number) {
    this.plan = plan;
    this.targets = targets;
    this.random = new SeededRandom(seed);
    this.isAcknowledged = new Uint8Array(plan.eventCount);
  }

  /** Resolves when every event is acknowledged. */
  async run(connectionCount: number): Promise<SendCounts> {
    await Promise.all(Array.from({ length: connectionCount }, () => this.drive()));
    this.isOver = true;
    const { requestCount, sentCount, duplicateCount, unacknowledged, faults } = this;
    return { requestCount, sentCount, duplicateCount, unacknowledged, faults };
  }

  /** Gives up. */
  stop(reason: string): void {
    if (this.isOver) return;
    this.isOver = true;
    this.faults.push(reason);
  }

  private async drive(): Promise<void> {
    const connections = this.targets.map(({ host, port }) => new HttpConnection(host, port));
    while (this.acknowledgedCount < this.plan.eventCount && this.faults.length < MAX_FAULTS && !this.isOver) {
      if (performance.now() - this.lastProgressMs > STALLED_MS) this.stop('no event was acknowledged for a minute');
      const batch = this.acknowledgedCount < this.pauseAt ? this.takeBatch() : [];
      // Paused, or the last events are on their way over other connections and may come back to be sent again.
      if (batch.length === 0) await pause(PAUSE_AFTER_FAILURE_MS);
      else await this.send(batch, this.random.nextInt(connections.length), connections);
    }
    for (const connection of connections) connection.close();
  }

  private async send(batch: readonly number[], place: number, connections: readonly HttpConnection[]): Promise<void> {
    const { host, port } = this.targets[place]!;
    const body = JSON.stringify({ events: batch.map((number) => this.plan.wireEvent(number)) });
    this.requestCount += 1;
    this.sentCount += batch.length;
    const request = encodeRequest({ kind: 'events', method: 'POST', path: '/v1/events', body }, `${host}:${port}`);
    const exchange = await connections[place]!.send(request);
    if (exchange.failure === undefined && exchange.status === 202) {
      this.acknowledge(batch, exchange.body.toString());
      return;
    }
    const reason = exchange.failure ?? `status ${exchange.status}`;
    this.unacknowledged[reason] = (this.unacknowledged[reason] ?? 0) + 1;
    if (reason.startsWith('status 4')) this.faults.push(`${reason}: ${JSON.stringify(exchange).slice(0, 300)}`);
    this.waiting.push(...batch.filter((number) => this.isAcknowledged[number] === 0));
    await pause(PAUSE_AFTER_FAILURE_MS);
  }

  private acknowledge(batch: readonly number[], reply: string): void {
    const { accepted, duplicates } = JSON.parse(reply) as { accepted: number; duplicates: number };
    if (accepted + duplicates !== batch.length) this.faults.push(`${batch.length} events were answered with ${reply}`);
    this.duplicateCount += duplicates;
    for (const number of batch) {
      if (this.isAcknowledged[number] === 1) continue;
      this.isAcknowledged[number] = 1;
      this.acknowledgedCount += 1;
      this.lastProgressMs = performance.now();
    }
  }

  private takeBatch(): number[] {
    const { waiting, recent, random } = this;
    while (waiting.length < SHUFFLED && this.nextNew < this.plan.eventCount) waiting.push(this.nextNew++);
    const batch: number[] = [];
    for (let left = 1 + random.nextInt(MAX_BATCH); left > 0 && waiting.length > 0; left--) {
      const place = random.nextInt(waiting.length);
      const number = waiting[place]!;
      waiting[place] = waiting.at(-1)!;
      waiting.pop();
      batch.push(number);
      if (recent.length < RECENT) recent.push(number);
      else recent[random.nextInt(RECENT)] = number;
      if (random.next() < AGAIN_RATIO) batch.push(recent[random.nextInt(recent.length)]!);
    }
    return batch;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
