/** How one of several operations that were done together ended. */
export type Settled<T> = PromiseSettledResult<T>;

/** The value of an operation; throws the reason it failed for. */
export function valueOrThrow<T>(result: Settled<T>): T {
  if (result.status === 'rejected') throw result.reason;
  return result.value;
}

export function fulfilled<T>(value: T): Settled<T> {
  return { status: 'fulfilled', value };
}

export function rejected(reason: unknown): PromiseRejectedResult {
  return { status: 'rejected', reason };
}

export function settle<T>(make: () => T): Settled<T> {
  try {
    return fulfilled(make());
  } catch (reason) {
    return rejected(reason);
  }
}
