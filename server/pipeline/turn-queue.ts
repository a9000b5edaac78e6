import type { Deadline } from '../../features/core/deadline.ts';
import { VitrineError } from '../../features/core/errors.ts';

/** One use of something that answers into a buffer of its own. */
export interface Turn<Answer> {
  /** For error messages. */
  readonly what: string;
  readonly deadline: Deadline;
  readonly ask: () => Promise<Answer>;
  /** Takes what it needs out of the answer, which the next turn overwrites. Not called with a late answer. */
  readonly take: (answer: Answer) => void;
}

/**
 * Lets callers use something one after another: a retriever answers into a buffer that is valid until its next search, and queries
 * overlap wherever they wait. Costs nothing beside a retriever that searches without waiting.
 */
export class TurnQueue {
  private tail: Promise<void> | undefined;

  /**
   * Has its turn when all before have had theirs; at once when there is none.
   *
   * Who comes too late to the front leaves without asking: under overload that is what shortens the queue.
   * Errors: those of `ask` and `take`; REC_DEADLINE_EXCEEDED when the deadline passes first, in the queue or while waiting for the answer.
   */
  join<Answer>(turn: Turn<Answer>): Promise<void> {
    const turned = this.tail === undefined ? haveTurn(turn) : this.tail.then(() => haveTurn(turn));
    const end: Promise<void> = turned.then(ignore, ignore).then(() => {
      if (this.tail === end) this.tail = undefined;
    });
    this.tail = end;
    return turned;
  }
}

async function haveTurn<Answer>({ what, deadline, ask, take }: Turn<Answer>): Promise<void> {
  if (deadline.isPast()) throw new VitrineError('REC_DEADLINE_EXCEEDED', `${what} could not begin in time`);
  take(await deadline.race(ask(), what));
}

function ignore(): void {}
