/**
 * Lets callers use something one after another: retrievers and rankers answer into buffers that are valid until their next call, and
 * queries overlap wherever they wait.
 */
export class TurnQueue {
  private tail: Promise<void> | undefined;

  /** Runs `work` when all earlier work has settled; at once when there is none. Bounded only if all work is: give it a deadline. */
  take<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.tail === undefined ? work() : this.tail.then(work);
    const end: Promise<void> = turn.then(ignore, ignore).then(() => {
      if (this.tail === end) this.tail = undefined;
    });
    this.tail = end;
    return turn;
  }
}

function ignore(): void {}
