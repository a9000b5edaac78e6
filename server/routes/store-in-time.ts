import { VitrineError } from '../../features/core/errors.ts';

/** Has a store that is late asked again by the sender, like one that is away. Errors: REC_STORE_UNAVAILABLE for REC_DEADLINE_EXCEEDED. */
export async function storeInTime<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof VitrineError) || error.code !== 'REC_DEADLINE_EXCEEDED') throw error;
    throw new VitrineError('REC_STORE_UNAVAILABLE', 'the store did not answer in time', {
      isRetryable: true,
      cause: error,
    });
  }
}
