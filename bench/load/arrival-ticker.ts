import { Worker } from 'node:worker_threads';

/** Milliseconds of the clock that all threads of a machine share. */
export function sharedClockMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** When requests are due: `startMs + i * intervalMs` on the shared clock, for `count` of them. */
export interface ArrivalPlan {
  readonly startMs: number;
  readonly intervalMs: number;
  readonly count: number;
}

/**
 * Source text of the thread, because a thread cannot be started from TypeScript when tests run from sources. It sleeps in
 * `Atomics.wait`, which keeps time to some tens of microseconds without keeping a core busy; timers of the event loop are a millisecond
 * coarse, and polling would take a core from the server it measures.
 */
const TICKER = `
const { parentPort, workerData } = require('node:worker_threads');
const { plan, stopCell } = workerData;
const nowMs = () => Number(process.hrtime.bigint()) / 1e6;
let told = 0;
while (told < plan.count) {
  const waitMs = plan.startMs + told * plan.intervalMs - nowMs();
  if (waitMs > 0 && Atomics.wait(stopCell, 0, 0, waitMs) !== 'timed-out') break;
  const due = Math.min(plan.count, Math.floor((nowMs() - plan.startMs) / plan.intervalMs) + 1);
  if (due > told) parentPort.postMessage(due);
  told = Math.max(told, due);
}
`;

/** Calls back as requests fall due. */
export class ArrivalTicker {
  private readonly stopCell = new Int32Array(new SharedArrayBuffer(4));
  private readonly worker: Worker;
  /** Resolves when the last arrival was told, or after {@link stop}. */
  readonly ended: Promise<void>;

  /** @param onDue gets how many of the plan are due by now, never less than before */
  constructor(plan: ArrivalPlan, onDue: (dueCount: number) => void) {
    this.worker = new Worker(TICKER, { eval: true, workerData: { plan, stopCell: this.stopCell } });
    this.worker.on('message', onDue);
    this.ended = new Promise((resolve, reject) => {
      this.worker.once('error', reject);
      this.worker.once('exit', () => resolve());
    });
  }

  stop(): void {
    Atomics.store(this.stopCell, 0, 1);
    Atomics.notify(this.stopCell, 0);
  }
}
