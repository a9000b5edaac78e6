/** Does pieces of work one after another, in the order they were asked for; one that fails does not hold up the next. */
export class SerialQueue {
  private tail: Promise<unknown> = Promise.resolve();

  /** Resolves and rejects as `work` does. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const outcome = this.tail.then(work);
    this.tail = outcome.catch(() => undefined);
    return outcome;
  }
}
