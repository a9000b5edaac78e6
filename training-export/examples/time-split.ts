import { VitrineError } from '../../features/core/errors.ts';
import type { EventColumns } from '../datasets/dataset.ts';

/** Where the windows end, as event rows: train is `[0, trainEnd)`, validation `[trainEnd, validationEnd)`, test the rest. */
export interface TimeSplit {
  readonly trainEnd: number;
  readonly validationEnd: number;
}

/**
 * Cuts events by time, never at random: a model is judged on what happened after everything it learned from.
 *
 * Events of the same moment stay together. Errors: REC_INVALID_INPUT_DATA when a window would be empty.
 */
export function splitByTime(events: EventColumns, ratios: { validationRatio: number; testRatio: number }): TimeSplit {
  const { validationRatio, testRatio } = ratios;
  const cut = (ratio: number): number => {
    let row = Math.round(events.count * ratio);
    while (row > 0 && row < events.count && events.atMs[row] === events.atMs[row - 1]) row++;
    return row;
  };
  const trainEnd = cut(1 - validationRatio - testRatio);
  const validationEnd = cut(1 - testRatio);
  if (trainEnd === 0 || validationEnd <= trainEnd || (testRatio > 0 && validationEnd >= events.count)) {
    throw new VitrineError(
      'REC_INVALID_INPUT_DATA',
      `${events.count} events are too few to cut into windows for training, validation (${validationRatio}) and test (${testRatio})`,
    );
  }
  return { trainEnd, validationEnd };
}
