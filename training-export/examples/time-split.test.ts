import { describe, expect, it } from 'vitest';
import { VitrineError } from '../../features/core/errors.ts';
import { aDataset } from './testing/a-dataset.ts';
import { splitByTime } from './time-split.ts';

/** Events at the given minutes. */
function eventsAt(...minutes: number[]): Parameters<typeof splitByTime>[0] {
  return aDataset({ events: minutes.map((minute) => ({ minute, user: 'u', item: 'i' })) }).events;
}

describe('splitByTime', () => {
  it('cuts at the shares of events, oldest first', () => {
    const split = splitByTime(eventsAt(0, 1, 2, 3, 4, 5, 6, 7, 8, 9), { validationRatio: 0.2, testRatio: 0.1 });
    expect(split).toEqual({ trainEnd: 7, validationEnd: 9 });
  });

  it('keeps events of one moment in the earlier window', () => {
    const split = splitByTime(eventsAt(0, 1, 2, 3, 4, 4, 4, 5, 5, 6), { validationRatio: 0.3, testRatio: 0.2 });
    // 0.5 of 10 is row 5, inside the three of minute 4; 0.8 is row 8, the second of minute 5.
    expect(split).toEqual({ trainEnd: 7, validationEnd: 9 });
  });

  it('leaves the test window empty when none is asked for', () => {
    expect(splitByTime(eventsAt(0, 1, 2, 3), { validationRatio: 0.25, testRatio: 0 })).toEqual({
      trainEnd: 3,
      validationEnd: 4,
    });
  });

  it.each([
    ['no events', [], 0.1, 0.1],
    ['too few events', [0, 1], 0.1, 0.1],
    ['all events at one moment', [5, 5, 5, 5, 5, 5], 0.2, 0.2],
    ['the last moments all one', [0, 1, 2, 5, 5, 5, 5], 0.2, 0.2],
    ['no share left to train on', [0, 1, 2, 3], 0.5, 0.5],
    ['no share to validate on', [0, 1, 2, 3], 0, 0.25],
  ])('refuses %s, saying how many events there are', (_what, minutes, validationRatio, testRatio) => {
    const events = eventsAt(...minutes);
    const split = (): unknown => splitByTime(events, { validationRatio, testRatio });
    expect(split).toThrow(VitrineError);
    expect(split).toThrow(new RegExp(`^${events.count} events are too few to cut into windows`));
  });
});
