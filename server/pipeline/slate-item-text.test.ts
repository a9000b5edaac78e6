import { describe, expect, it } from 'vitest';
import { replyJson, replyProtobuf } from '../routes/recommend-reply.ts';
import type { SlateItem } from './query.ts';
import { openItemTexts, type TextedSlate } from './slate-item-text.ts';
import { aQuery } from './testing/a-query.ts';

const items = (...itemIds: string[]): SlateItem[] =>
  itemIds.map((itemId, position) => ({ itemId, position, score: 0.5, source: position === 1 ? 'popular' : 'ann' }));

const aSlate = (...itemIds: string[]): TextedSlate => ({
  items: items(...itemIds),
  degraded: null,
  modelVersion: 'v1',
});

describe('openItemTexts', () => {
  it('writes each item with its own source, open for more', () => {
    expect(openItemTexts(aSlate('boot', 'a "lamp"', 'sofa'))).toEqual([
      '{"item_id":"boot","position":0,"score":0.5,"source":"ann"',
      '{"item_id":"a \\"lamp\\"","position":1,"score":0.5,"source":"popular"',
      '{"item_id":"sofa","position":2,"score":0.5,"source":"ann"',
    ]);
    expect(openItemTexts(aSlate())).toEqual([]);
  });

  it('makes them once, when first asked for, and never for a protobuf reply', () => {
    const slate = aSlate('boot', 'lamp');
    replyProtobuf(aQuery(), slate);
    expect(slate.itemTexts).toBeUndefined();
    replyJson(aQuery(), slate);
    expect(openItemTexts(slate)).toBe(slate.itemTexts?.texts);
  });

  it('gives a copy with other items the texts of those', () => {
    const slate = aSlate('boot');
    openItemTexts(slate);
    expect(openItemTexts({ ...slate, items: items('lamp') })[0]).toContain('"lamp"');
  });
});
