import { describe, expect, it } from 'vitest';
import { VitrineError } from '../../features/core/errors.ts';
import { listOf } from './list-body.ts';

function refusalOf(body: unknown): string {
  try {
    return `accepted ${listOf(body, 'events', 2).length}`;
  } catch (error) {
    return error instanceof VitrineError ? `${error.code}: ${error.message}` : String(error);
  }
}

describe('listOf', () => {
  it('gives the list as it is, up to the limit', () => {
    expect(listOf({ events: [1, 'a'] }, 'events', 2)).toEqual([1, 'a']);
    expect(listOf({ events: [] }, 'events', 2)).toEqual([]);
  });

  it.each([
    [[], 'array of 0 given, expected {"events": [...]}'],
    ['text', '"text" given, expected {"events": [...]}'],
    [{}, 'events: missing given, expected array of at most 2 events'],
    [{ events: [1, 2, 3] }, 'events: array of 3 given, expected array of at most 2 events'],
    [{ events: [], batch: 'a' }, 'batch: "a" given, expected no such key; known keys: events'],
  ])('refuses %j, naming field, value and what is expected', (body, reason) => {
    expect(refusalOf(body)).toContain('REC_INVALID_REQUEST');
    expect(refusalOf(body)).toContain(reason);
  });
});
