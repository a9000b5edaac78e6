import type { Deadline } from '../../features/core/deadline.ts';
import { VitrineError } from '../../features/core/errors.ts';
import { type MaybePromise, whenThere } from '../../features/core/maybe-promise.ts';

/** One use of something that answers into a buffer of its own. */
export interface Turn<Answer> {
  /** For error messages. */
  readonly what: string;
  readonly deadline: Deadline;
  readonly ask: () => MaybePromise<Answer>;
  /** Takes what it needs out of the answer, which the next turn overwrites. Not called with a late answer. */
  readonly take: (answer: Answer) => void;
}

/**
 * Lets callers use something one after another: a retriever answers into a buffer that is valid until its next search, and queries
 * overlap wherever they wait. A retriever that searches without waiting is used at once, with nothing in between.
 */
export class TurnQueue {
  private tail: Promise<void> | undefined;

  /**
   * Has its turn when all before have had theirs; at once when there is none.
   *
   * Who comes too late to the front leaves without asking: under overload that is what shortens the queue.
   * Errors: those of `ask` and `take`; REC_DEADLINE_EXCEEDED when the deadline passes first, in the queue or while waiting for the answer.
   */
  join<Answer>(turn: Turn<Answer>): MaybePromise<void> {
    const turned = this.tail === undefined ? haveTurn(turn) : this.tail.then(() => haveTurn(turn));
    if (!(turned instanceof Promise)) return;
    const end: Promise<void> = turned.then(ignore, ignore).then(() => {
      if (this.tail === end) this.tail = undefined;
    });
    this.tail = end;
    return turned;
  }
}

function haveTurn<Answer>({ what, deadline, ask, take }: Turn<Answer>): MaybePromise<void> {
  if (deadline.isPast()) throw new VitrineError('REC_DEADLINE_EXCEEDED', `${what} could not begin in time`);
  return whenThere(deadline.inTime(ask(), what), take);
}

function ignore(): void {}
