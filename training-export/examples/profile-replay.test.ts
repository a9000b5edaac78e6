import { describe, expect, it } from 'vitest';
import { asItemId } from '../../features/core/ids.ts';
import { applyEvent, DEFAULT_PROFILE_POLICY } from '../../features/profile/apply-event.ts';
import { EVENT_TYPE_INDEX, type ShopEvent } from '../../features/profile/event.ts';
import { emptyProfile, type Profile } from '../../features/profile/profile.ts';
import { ProfileReplay, type ReplayStep } from './profile-replay.ts';
import { aDataset, START_MS } from './testing/a-dataset.ts';

const ITEMS = [
  { itemId: 'a', category: 'x', price: 4 },
  { itemId: 'b', category: 'y', price: 16 },
];

function replayOf(...[content]: Parameters<typeof aDataset>): ProfileReplay {
  return new ProfileReplay(aDataset(content), DEFAULT_PROFILE_POLICY);
}

describe('ProfileReplay', () => {
  it('gives the profile that applying the events by hand gives', () => {
    const dataset = aDataset({
      items: ITEMS,
      events: [
        { minute: 0, user: 'u', item: 'a' },
        { minute: 1, user: 'v', item: 'b' },
        { minute: 2, user: 'u', type: 'add_to_cart', item: 'b', quantity: 2 },
        { minute: 3, user: 'u', type: 'search' },
        { minute: 4, user: 'u', type: 'purchase', item: ['a', 'b'], price: 8, value: 20 },
      ],
    });
    const replay = new ProfileReplay(dataset, DEFAULT_PROFILE_POLICY);
    replay.playTo(dataset.events.count);
    const expected = emptyProfile();
    const at = (minute: number): number => START_MS + minute * 60_000;
    const item = (id: string, rest: object = {}): ShopEvent['items'][number] => ({
      ...{ itemId: asItemId(id), quantity: 1 },
      ...rest,
    });
    const events: ShopEvent[] = [
      { eventId: '', type: 'view_item', atMs: at(0), items: [item('a')] },
      { eventId: '', type: 'add_to_cart', atMs: at(2), items: [item('b', { quantity: 2 })] },
      { eventId: '', type: 'search', atMs: at(3), items: [] },
      {
        ...{ eventId: '', type: 'purchase', atMs: at(4), value: 20 },
        items: [item('a', { price: 8 }), item('b', { price: 8 })],
      },
    ];
    for (const event of events) applyEvent(expected, event, dataset.catalogue.facts, DEFAULT_PROFILE_POLICY);
    expect(replay.profileOf(0)).toEqual(expected);
    expect(expected.purchases).toMatchObject({ orderCount: 1, itemCount: 2, totalValue: 20 });
  });

  it('takes the rows of a multi-item event for one event', () => {
    const replay = replayOf({
      items: ITEMS,
      events: [
        { minute: 0, user: 'u', type: 'purchase', item: ['a', 'b'], value: 20 },
        { minute: 0, user: 'u', type: 'purchase', item: 'a', value: 4 },
      ],
    });
    const rows: number[][] = [];
    replay.playTo(3, ({ fromRow, toRow }) => rows.push([fromRow, toRow]));
    expect(rows).toEqual([
      [0, 2],
      [2, 3],
    ]);
    const { purchases, eventCounts } = replay.profileOf(0);
    expect(purchases).toMatchObject({ orderCount: 2, itemCount: 3, totalValue: 24 });
    expect(eventCounts[EVENT_TYPE_INDEX.purchase]).toBe(2);
  });

  it('shows each event with the state before it', () => {
    const replay = replayOf({
      events: [
        { minute: 0, user: 'u', item: 'a' },
        { minute: 5, user: 'u', item: 'b' },
      ],
    });
    const seen: [string[], number][] = [];
    replay.playTo(2, ({ profile, atMs }) => seen.push([[...profile.recent.view_item.itemIds], atMs]));
    expect(seen).toEqual([
      [[], START_MS],
      [['a'], START_MS + 5 * 60_000],
    ]);
    expect(replay.profileOf(0).recent.view_item.itemIds).toEqual(['b', 'a']);
  });

  it('plays windows one after another and never splits an event', () => {
    const replay = replayOf({
      events: [
        { minute: 0, user: 'u', item: 'a' },
        { minute: 1, user: 'u', type: 'purchase', item: ['a', 'b', 'c'] },
        { minute: 2, user: 'u', item: 'd' },
      ],
    });
    const starts: number[] = [];
    const note = (step: ReplayStep): void => void starts.push(step.fromRow);
    replay.playTo(2, note);
    expect([starts, replay.row]).toEqual([[0, 1], 4]);
    replay.playTo(4, note);
    replay.playTo(100, note);
    expect([starts, replay.row]).toEqual([[0, 1, 4], 5]);
  });

  it('starts a user with the attributes of the shop and a visitor with none', () => {
    const replay = replayOf({
      users: { u: { zip: '10115' } },
      events: [
        { minute: 0, session: 's', item: 'a' },
        { minute: 1, user: 'u', session: 's', item: 'a' },
      ],
    });
    const steps: [number, string, [string, string][]][] = [];
    replay.playTo(2, ({ shopper, context, profile }) => steps.push([shopper, context.userId, [...profile.attributes]]));
    expect(steps).toEqual([
      [1, '', []],
      [0, 'u', [['zip', '10115']]],
    ]);
  });

  it('takes no attribute of a shopper that a server would refuse', () => {
    const replay = replayOf({ users: { u: { club: 'politics' } }, events: [{ minute: 0, user: 'u', item: 'a' }] });
    expect(() => replay.playTo(1)).toThrow(expect.objectContaining({ code: 'REC_SENSITIVE_ATTRIBUTE' }));
  });

  it('keeps those nobody knows apart: each event of theirs starts from nothing', () => {
    const replay = replayOf({
      events: [
        { minute: 0, item: 'a' },
        { minute: 1, item: 'b' },
      ],
    });
    const lengths: number[] = [];
    replay.playTo(2, ({ profile, shopper }) => lengths.push(shopper, profile.lastSeenAtMs));
    expect(lengths).toEqual([-1, 0, -1, 0]);
    expect([...replay.entries()]).toEqual([]);
  });

  it('names the store key of every shopper it met', () => {
    const replay = replayOf({
      events: [
        { minute: 0, user: 'u', session: 's1', item: 'a' },
        { minute: 1, session: 's2', item: 'b' },
        { minute: 2, item: 'b' },
      ],
    });
    replay.playTo(3);
    const entries: (readonly [string, Profile])[] = [...replay.entries()];
    expect(entries.map(([key, profile]) => [key, profile.recent.view_item.itemIds])).toEqual([
      ['u:u', ['a']],
      ['s:s2', ['b']],
    ]);
  });

  it('brings a visit into the account it logs in to, once, and counts what comes later for the account', () => {
    const replay = replayOf({
      items: ITEMS,
      events: [
        { minute: 0, session: 's', item: 'a' },
        { minute: 1, user: 'u', item: 'b' },
        { minute: 2, user: 'u', session: 's', type: 'add_to_cart', item: 'a' },
        { minute: 3, session: 's', type: 'purchase', item: 'b', value: 16 },
        { minute: 4, user: 'u', session: 's', item: 'b' },
      ],
    });
    const views: [number, number][] = [];
    replay.playTo(5, ({ shopper, profile }) => views.push([shopper, profile.eventCounts.reduce((a, b) => a + b)]));
    // Before the log-in the account has not seen the visit; after it, the visit is the account.
    expect(views).toEqual([
      [1, 0],
      [0, 0],
      [0, 1],
      [0, 3],
      [0, 4],
    ]);
    const entries: (readonly [string, Profile])[] = [...replay.entries()];
    expect(entries.map(([key]) => key)).toEqual(['u:u']);
    const account = entries[0]?.[1];
    expect(account!.recent.view_item.itemIds).toEqual(['b', 'a']);
    expect(account!.purchases).toMatchObject({ orderCount: 1, totalValue: 16 });
    expect(account!.joinedSessions.map(({ sessionId }) => sessionId)).toEqual(['s']);
  });

  it('knows devices, discounts and ids of events where the source tells them, and takes an event once', () => {
    const dataset = aDataset({
      items: ITEMS,
      events: [
        { minute: 0, user: 'u', item: 'a' },
        { minute: 1, user: 'u', item: 'a' },
        { minute: 2, user: 'u', type: 'purchase', item: ['a', 'b'] },
      ],
    });
    const receivedAtMs = Float64Array.of(START_MS, START_MS, Number.NaN, Number.NaN);
    const details = {
      device: Int32Array.of(0, -1, 1, 1),
      deviceNames: ['mobile', 'tv'],
      isDiscounted: Uint8Array.of(0, 0, 0, 1),
      idHash: Float64Array.of(7, 7, 8, 8),
      receivedAtMs,
    };
    const replay = new ProfileReplay({ ...dataset, events: { ...dataset.events, details } }, DEFAULT_PROFILE_POLICY);
    replay.playTo(4);
    const profile = replay.profileOf(0);
    expect(profile.eventCounts[EVENT_TYPE_INDEX.view_item]).toBe(1);
    expect(profile).toMatchObject({ device: 'tv', discountedOrderCount: 1, recentEventHashes: [7] });
    expect(profile.recentEventHours).toEqual([START_MS / 3_600_000]);
  });
});
