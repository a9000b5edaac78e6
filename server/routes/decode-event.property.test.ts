import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MS_PER_DAY } from '../../features/core/clock.ts';
import { applyEvent, DEFAULT_PROFILE_POLICY } from '../../features/profile/apply-event.ts';
import { emptyProfile } from '../../features/profile/profile.ts';
import { decodeEvent, type EventWindow } from './decode-event.ts';

const window: EventWindow = { nowMs: 1_769_860_800_000, maxFutureSkewMs: 60_000, maxEventAgeMs: 365 * MS_PER_DAY };

const anything = fc.anything({ withNullPrototype: true, withSparseArray: true, withBigInt: true, withDate: true });
const id = fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), anything);
const nearEvent = fc.record(
  {
    event_id: id,
    event: fc.oneof(fc.constantFrom('view_item', 'purchase', 'Product Added', 'search', 'refund'), anything),
    timestamp: fc.oneof(
      fc.integer({ min: window.nowMs - 1_000_000, max: window.nowMs }),
      fc.double(),
      fc.date().map((date) => (Number.isNaN(date.getTime()) ? 'never' : date.toISOString())),
      anything,
    ),
    user_id: id,
    session_id: id,
    items: fc.oneof(
      fc.array(
        fc.record(
          { item_id: id, price: fc.oneof(fc.double(), anything), quantity: fc.oneof(fc.integer(), anything) },
          { requiredKeys: [] },
        ),
      ),
      anything,
    ),
    value: fc.oneof(fc.double(), anything),
    extra: anything,
  },
  { requiredKeys: [] },
);

describe('decodeEvent, for any value', () => {
  it('accepts or rejects with a reason, and never throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), nearEvent, anything), (raw) => {
        const decoded = decodeEvent(raw, window);
        if (decoded.isAccepted) expect(decoded.event.userId ?? decoded.event.sessionId).toMatch(/./su);
        else expect(decoded.detail).not.toBe('');
      }),
      { numRuns: 3_000 },
    );
  });

  it('accepts only what a profile can take without a number that is not finite', () => {
    const plausible = fc.record({
      event_id: fc.string({ minLength: 1, maxLength: 20 }),
      event: fc.constantFrom('view_item', 'purchase', 'refund', 'add_to_cart'),
      timestamp: fc.integer({ min: window.nowMs - 366 * MS_PER_DAY, max: window.nowMs + 70_000 }),
      user_id: fc.constant('u'),
      items: fc.array(
        fc.record(
          { item_id: fc.string({ minLength: 1, maxLength: 5 }), price: fc.double(), quantity: fc.integer() },
          { requiredKeys: ['item_id'] },
        ),
        { maxLength: 5 },
      ),
      value: fc.oneof(fc.double(), fc.constant(undefined)),
    });
    let acceptedCount = 0;
    fc.assert(
      fc.property(plausible, (raw) => {
        const decoded = decodeEvent(raw, window);
        if (!decoded.isAccepted) return;
        acceptedCount += 1;
        const profile = emptyProfile();
        applyEvent(profile, decoded.event, () => undefined, DEFAULT_PROFILE_POLICY);
        const { purchases, interests } = profile;
        const numbers = [purchases.itemCount, purchases.totalValue, ...interests.priceBand.sums];
        for (const number of numbers) expect(Number.isFinite(number)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
    expect(acceptedCount).toBeGreaterThan(20);
  });
});
