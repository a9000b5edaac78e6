const PERIOD_MS = 2;
/** A timer comes this much late at most where its process has little to do and a processor is there when it wakes. */
const TOLERATED_MS = 5;

/**
 * Notices moments in which the machine stood still: this process has nothing else to do, so its timers are late when no processor is given
 * to it. Virtual machines stand still when their host withholds processors, which not every host counts as stolen time.
 */
export class StallProbe {
  private stalledMs = 0;
  private readonly startedMs = performance.now();
  private lastMs = this.startedMs;
  private readonly timer: NodeJS.Timeout;

  constructor() {
    this.timer = setInterval(() => this.tick(), PERIOD_MS);
  }

  /** Ends it. @returns share of the time in which the machine stood still, 0..1, rounded to a thousandth */
  stop(): number {
    this.tick();
    clearInterval(this.timer);
    return Math.round((this.stalledMs / (this.lastMs - this.startedMs)) * 1_000) / 1_000;
  }

  private tick(): void {
    const nowMs = performance.now();
    const lateMs = nowMs - this.lastMs - PERIOD_MS;
    if (lateMs > TOLERATED_MS) this.stalledMs += lateMs;
    this.lastMs = nowMs;
  }
}
