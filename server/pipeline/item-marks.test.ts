import { describe, expect, it } from 'vitest';
import { ItemMarks, NOT_MARKED } from './item-marks.ts';

describe('ItemMarks', () => {
  it('tells where an item stands', () => {
    const marks = new ItemMarks();
    marks.begin(10);
    marks.mark(7, 0);
    marks.mark(3, 1);
    expect([marks.positionOf(7), marks.positionOf(3), marks.positionOf(5)]).toEqual([0, 1, NOT_MARKED]);
  });

  it('knows nothing before its first list', () => {
    expect(new ItemMarks().positionOf(0)).toBe(NOT_MARKED);
  });

  it('forgets everything when a new list begins', () => {
    const marks = new ItemMarks();
    marks.begin(4);
    for (let item = 0; item < 4; item++) marks.mark(item, item);
    marks.begin(4);
    marks.mark(2, 0);
    expect([0, 1, 2, 3].map((item) => marks.positionOf(item))).toEqual([NOT_MARKED, NOT_MARKED, 0, NOT_MARKED]);
  });

  it('forgets a long list when a short one begins, and a short one when a long one does', () => {
    const marks = new ItemMarks();
    for (const length of [5_000, 10, 5_000, 300]) {
      marks.begin(length);
      for (let item = 0; item < 6_000; item++) expect(marks.positionOf(item)).toBe(NOT_MARKED);
      for (let item = 0; item < length; item++) marks.mark(item, length - item);
      for (let item = 0; item < length; item++) expect(marks.positionOf(item)).toBe(length - item);
    }
  });

  it('moves an item to another place', () => {
    const marks = new ItemMarks();
    marks.begin(4);
    marks.mark(2, 0);
    marks.mark(2, 9);
    expect(marks.positionOf(2)).toBe(9);
  });

  it('enters an item once, and says where it was', () => {
    const marks = new ItemMarks();
    marks.begin(4);
    expect(marks.enter(2, 5)).toBe(NOT_MARKED);
    expect(marks.enter(2, 6)).toBe(5);
    expect(marks.positionOf(2)).toBe(5);
  });
});
