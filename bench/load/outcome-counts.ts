import type { Exchange } from './http-connection.ts';
import type { RequestKind } from './traffic.ts';

/** How the requests of a run ended. Everything but `okCount` makes a run useless for latency claims. */
export interface OutcomeCounts {
  readonly sentCount: number;
  readonly okCount: number;
  /** Requests without a reply. */
  readonly errorCount: number;
  readonly non2xxCount: number;
  /** Slates below a full answer. */
  readonly degradedCount: number;
  /** Slates without a product. */
  readonly emptyCount: number;
  /** Event batches with an event that was not taken. */
  readonly rejectedCount: number;
  /** By failure word, and `status <n>`. */
  readonly reasons: Readonly<Record<string, number>>;
}

const FULL_ANSWER = Buffer.from('"degraded":null');
const NO_ITEMS = Buffer.from('"items":[]');
const NOTHING_REJECTED = Buffer.from('"rejected":[]');

/** Looks at each reply as a client would, without the cost of parsing it. */
export class OutcomeCounter {
  private sentCount = 0;
  private okCount = 0;
  private errorCount = 0;
  private non2xxCount = 0;
  private degradedCount = 0;
  private emptyCount = 0;
  private rejectedCount = 0;
  private readonly reasons: Record<string, number> = {};

  add(kind: RequestKind, exchange: Exchange): void {
    this.sentCount += 1;
    if (exchange.failure !== undefined) {
      this.errorCount += 1;
      this.because(exchange.failure);
    } else if (exchange.status < 200 || exchange.status > 299) {
      this.non2xxCount += 1;
      this.because(`status ${exchange.status}`);
    } else this.addReply(kind, exchange.body);
  }

  /** Requests that were due and never sent. */
  addUnsent(count: number): void {
    if (count === 0) return;
    this.errorCount += count;
    this.reasons.unsent = (this.reasons.unsent ?? 0) + count;
  }

  counts(): OutcomeCounts {
    const { sentCount, okCount, errorCount, non2xxCount, degradedCount, emptyCount, rejectedCount } = this;
    const reasons = { ...this.reasons };
    return { sentCount, okCount, errorCount, non2xxCount, degradedCount, emptyCount, rejectedCount, reasons };
  }

  private addReply(kind: RequestKind, body: Buffer): void {
    if (kind === 'ping') this.okCount += 1;
    else if (kind === 'events') {
      if (body.includes(NOTHING_REJECTED)) this.okCount += 1;
      else this.rejectedCount += 1;
    } else if (!body.includes(FULL_ANSWER)) this.degradedCount += 1;
    else if (body.includes(NO_ITEMS)) this.emptyCount += 1;
    else this.okCount += 1;
  }

  private because(reason: string): void {
    this.reasons[reason] = (this.reasons[reason] ?? 0) + 1;
  }
}

/** Whether every request of a run got what it should: only then its latencies may be quoted. */
export function isClean(counts: OutcomeCounts): boolean {
  return counts.okCount > 0 && counts.okCount === counts.sentCount && counts.errorCount === 0;
}
