/**
 * What is there already or will be. A step that computes and does not wait hands over its result as it is: promises and turns of the queue
 * around a few microseconds of work cost as much again.
 */
export type MaybePromise<T> = T | Promise<T>;

/** Goes on with a result, at once when it is there. */
export function whenThere<T, R>(result: MaybePromise<T>, next: (value: T) => MaybePromise<R>): MaybePromise<R> {
  return result instanceof Promise ? result.then(next) : next(result);
}

/** Does `work`, and has `recover` see to what it throws, now or later. */
export function attempt<T>(work: () => MaybePromise<T>, recover: (error: unknown) => MaybePromise<T>): MaybePromise<T> {
  try {
    const result = work();
    return result instanceof Promise ? result.catch(recover) : result;
  } catch (error) {
    return recover(error);
  }
}

/** Does `work`, and `last` when it has ended, however it ends. */
export function afterwards<T>(work: () => MaybePromise<T>, last: () => void): MaybePromise<T> {
  let result: MaybePromise<T> | undefined;
  try {
    result = work();
    return result instanceof Promise ? result.finally(last) : result;
  } finally {
    if (!(result instanceof Promise)) last();
  }
}
