import { describe, expect, it } from 'vitest';
import { ItemMarks } from './item-marks.ts';

describe('ItemMarks', () => {
  it('tells where an item stands', () => {
    const marks = new ItemMarks();
    marks.begin(10);
    marks.mark(7, 0);
    marks.mark(3, 1);
    expect([marks.positionOf(7), marks.positionOf(3), marks.positionOf(5)]).toEqual([0, 1, -1]);
  });

  it('forgets everything when a new list begins', () => {
    const marks = new ItemMarks();
    marks.begin(4);
    for (let item = 0; item < 4; item++) marks.mark(item, item);
    marks.begin(4);
    marks.mark(2, 0);
    expect([0, 1, 2, 3].map((item) => marks.positionOf(item))).toEqual([-1, -1, 0, -1]);
  });

  it('knows nothing of a catalogue that has grown since', () => {
    const marks = new ItemMarks();
    marks.begin(2);
    marks.mark(1, 0);
    marks.begin(50);
    expect([marks.positionOf(1), marks.positionOf(49)]).toEqual([-1, -1]);
    marks.mark(49, 3);
    expect(marks.positionOf(49)).toBe(3);
  });

  it('starts over before its numbers run out', () => {
    const marks = new ItemMarks();
    marks.begin(3);
    marks.mark(0, 2 ** 30);
    marks.begin(3);
    expect(marks.positionOf(0)).toBe(-1);
    marks.mark(1, 5);
    expect([marks.positionOf(0), marks.positionOf(1)]).toEqual([-1, 5]);
  });
});
