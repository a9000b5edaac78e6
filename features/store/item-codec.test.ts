import { describe, expect, it } from 'vitest';
import { decodeItem, encodeItem } from './item-codec.ts';

describe('item record', () => {
  it('is the JSON of the fields that are known', () => {
    expect(encodeItem({ itemId: 'a', price: 1.5, isAvailable: true })).toBe(
      '{"itemId":"a","price":1.5,"isAvailable":true}',
    );
  });

  it('comes back equal', () => {
    const item = { itemId: 'a"\ud800', title: 'ü', isAvailable: false, attributes: { size: 'S|M' } };
    expect(decodeItem(encodeItem(item))).toEqual(item);
  });

  it.each([
    ['cut off', '{"itemId":"a"'],
    ['empty', ''],
    ['null', 'null'],
    ['a number', '7'],
    ['without an id', '{"isAvailable":true}'],
    ['without availability', '{"itemId":"a"}'],
  ])('is refused when it is %s', (_, text) => {
    expect(() => decodeItem(text)).toThrow(expect.objectContaining({ code: 'REC_RECORD_INVALID' }));
  });
});
