import type { Clock } from '../../features/core/clock.ts';

/** A worker that answered this long is taken as sound: what happened before is forgotten. Milliseconds. */
export const SOUND_AFTER_MS = 30_000;
/** Deaths since the last sound time from which on a worker is in a crash loop. */
export const CRASH_LOOP_DEATHS = 3;

const FIRST_WAIT_MS = 250;
/** So that a crash loop costs at most one start in this time. */
const LONGEST_WAIT_MS = 10_000;

/** Decides when a dead worker is started again: at once after a first death, then after waits that double. */
export class RestartPolicy {
  private readonly clock: Clock;
  private deaths = 0;
  private readyAtMs: number | undefined;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** The worker answers. */
  onReady(): void {
    this.readyAtMs = this.clock.nowMs();
  }

  /** The worker died. @returns milliseconds to wait before the next start */
  onDeath(): number {
    if (this.isSound()) this.deaths = 0;
    this.readyAtMs = undefined;
    this.deaths += 1;
    return this.deaths === 1 ? 0 : Math.min(FIRST_WAIT_MS * 2 ** (this.deaths - 2), LONGEST_WAIT_MS);
  }

  /** Whether the worker keeps dying: it is not to be counted on, even in the moments in which it answers. */
  get isCrashLooping(): boolean {
    return this.deaths >= CRASH_LOOP_DEATHS && !this.isSound();
  }

  private isSound(): boolean {
    return this.readyAtMs !== undefined && this.clock.nowMs() - this.readyAtMs >= SOUND_AFTER_MS;
  }
}
