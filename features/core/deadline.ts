import { VitrineError } from './errors.ts';
import type { MaybePromise } from './maybe-promise.ts';

/** About 25 days: the most that Node's timers count. */
const LONGEST_TIMER_MS = 2_147_483_647;

/**
 * The moment by which a query must be answered; every await that leaves the process races it.
 *
 * Units: milliseconds of the monotonic clock (`performance.now`), so wall-clock jumps do no harm.
 */
export class Deadline {
  readonly atMonotonicMs: number;

  constructor(atMonotonicMs: number) {
    this.atMonotonicMs = atMonotonicMs;
  }

  static after(budgetMs: number): Deadline {
    return new Deadline(performance.now() + budgetMs);
  }

  /** Never negative. */
  remainingMs(): number {
    return Math.max(0, this.atMonotonicMs - performance.now());
  }

  isPast(): boolean {
    return performance.now() >= this.atMonotonicMs;
  }

  /** The earlier of this deadline and `budgetMs` from now. */
  within(budgetMs: number): Deadline {
    return new Deadline(Math.min(this.atMonotonicMs, performance.now() + budgetMs));
  }

  /** A result that is there already; else as {@link race}. */
  inTime<T>(work: MaybePromise<T>, what: string): MaybePromise<T> {
    return work instanceof Promise ? this.race(work, what) : work;
  }

  /**
   * Waits for `work`, at most until the deadline; what came while this process did something else is read before it counts as late.
   *
   * Errors: REC_DEADLINE_EXCEEDED naming `what`; a later rejection of `work` is swallowed, it has no reader any more.
   *
   * @param explain what to reject with when `work` was rejected in time. @defaultValue what it was rejected with
   */
  race<T>(work: Promise<T>, what: string, explain?: (error: unknown) => Error): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      let lastLook: NodeJS.Immediate | undefined;
      const expire = (): void =>
        reject(new VitrineError('REC_DEADLINE_EXCEEDED', `${what} did not finish in time`, { details: { what } }));
      // Timers cut fractions off, which would end a budget of a few milliseconds noticeably early, and fire at once when overfull.
      const delayMs = Math.min(Math.ceil(this.remainingMs()), LONGEST_TIMER_MS);
      const timer = setTimeout(() => {
        // In a turn of the event loop timers come before sockets, and after a pause of the process both are due.
        lastLook = setImmediate(expire);
      }, delayMs);
      const settle = (): void => {
        clearTimeout(timer);
        if (lastLook !== undefined) clearImmediate(lastLook);
      };
      work.then(
        (value) => {
          settle();
          resolve(value);
        },
        (error: unknown) => {
          settle();
          reject(explain === undefined ? (error as Error) : explain(error));
        },
      );
    });
  }
}
