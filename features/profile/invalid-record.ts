import { VitrineError } from '../core/errors.ts';

/** The error of a profile record that cannot be decoded. */
export function invalidRecord(reason: string, cause?: unknown): VitrineError {
  return new VitrineError(
    'REC_RECORD_INVALID',
    `a profile record cannot be decoded: ${reason}`,
    cause === undefined ? {} : { cause },
  );
}
