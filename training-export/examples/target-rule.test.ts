import { describe, expect, it } from 'vitest';
import { parseTargetRule } from './target-rule.ts';

describe('parseTargetRule', () => {
  it('reads event names with blanks around them', () => {
    expect(parseTargetRule('purchase')).toEqual({ kind: 'events', types: ['purchase'] });
    expect(parseTargetRule('view_item, add_to_cart')).toEqual({ kind: 'events', types: ['view_item', 'add_to_cart'] });
  });

  it.each([
    ['value>=4', 4],
    [' value >= 3.5 ', 3.5],
    ['value>=-1', -1],
  ])('reads the threshold %s', (text, atLeast) => {
    expect(parseTargetRule(text)).toEqual({ kind: 'value', atLeast });
  });

  it.each(['', 'buy', 'purchase,', 'value>4', 'value>=', 'value>=.', 'value>=1.2.3', 'toString'])(
    'refuses "%s", naming the part that is no event',
    (text) => {
      expect(() => parseTargetRule(text)).toThrow(/^--target ".*" is no event; expected names out of view_item_list/);
    },
  );
});
