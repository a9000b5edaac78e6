/** Source of wall-clock time, injected wherever a result depends on it so that tests and replays choose the moment. */
export interface Clock {
  /** Epoch milliseconds. */
  nowMs(): number;
}

/** The machine's clock. */
export const systemClock: Clock = { nowMs: () => Date.now() };

/** A clock that stands still until moved. */
export class ManualClock implements Clock {
  private currentMs: number;
  constructor(startMs: number) {
    this.currentMs = startMs;
  }
  nowMs(): number {
    return this.currentMs;
  }
  advance(byMs: number): void {
    this.currentMs += byMs;
  }
  set(toMs: number): void {
    this.currentMs = toMs;
  }
}

export const MS_PER_SECOND = 1_000;
export const MS_PER_MINUTE = 60_000;
export const MS_PER_HOUR = 3_600_000;
export const MS_PER_DAY = 86_400_000;
