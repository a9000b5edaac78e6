import { Catalogue, type ItemRecord } from '../../../features/catalogue/catalogue.ts';
import { MS_PER_DAY, MS_PER_MINUTE } from '../../../features/core/clock.ts';
import { SeededRandom } from '../../../features/core/seeded-random.ts';
import { EVENT_TYPE_INDEX, type EventType } from '../../../features/profile/event.ts';
import type { Dataset } from '../../datasets/dataset.ts';
import { DATASET_FORMAT, DATASET_FORMAT_VERSION } from '../../datasets/dataset-metadata.ts';

/** A Monday, midnight in UTC: minute 0 of test events. */
export const START_MS = Date.UTC(2024, 0, 1);

/** One event; several items make a row each. */
export interface TestEvent {
  /** Minutes after {@link START_MS}. */
  readonly minute: number;
  /** @defaultValue view_item */
  readonly type?: EventType;
  /** Neither user nor session: nobody knows who. */
  readonly user?: string;
  readonly session?: string;
  /** One id or several; none for a search. */
  readonly item?: string | readonly string[];
  readonly price?: number;
  readonly quantity?: number;
  readonly value?: number;
}

/** What a test dataset is made of. */
export interface TestDataset {
  readonly name?: string;
  /** Products of the items file; those that only events name follow. */
  readonly items?: readonly (Partial<ItemRecord> & { readonly itemId: string })[];
  /** Attributes by user id; users that only events name follow. */
  readonly users?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** In time order. */
  readonly events: readonly TestEvent[];
}

/** A dataset in memory, as `loadDataset` would give it. */
export function aDataset(content: TestDataset): Dataset {
  const { name = 'test', items = [], users = {}, events } = content;
  const catalogue = Catalogue.from(items.map((item) => ({ isAvailable: true, ...item })));
  const userIds = Object.keys(users);
  const sessionIds: string[] = [];
  const rows = events.flatMap((event, eventNumber) => rowsOf(event).map((item) => ({ event, eventNumber, item })));
  for (const { event, item } of rows) {
    if (item !== undefined && catalogue.indexOf(item) < 0) catalogue.put({ itemId: item, isAvailable: true });
    if (event.user !== undefined && !userIds.includes(event.user)) userIds.push(event.user);
    if (event.session !== undefined && !sessionIds.includes(event.session)) sessionIds.push(event.session);
  }
  const number = <T>(read: (row: (typeof rows)[number]) => T): T[] => rows.map(read);
  const atMs = Float64Array.from(number(({ event }) => START_MS + event.minute * MS_PER_MINUTE));
  const iso = (ms: number | undefined): string => new Date(ms ?? START_MS).toISOString();
  return {
    name,
    metadata: {
      ...{ format: DATASET_FORMAT, formatVersion: DATASET_FORMAT_VERSION, name, source: 'test', notes: [] },
      ...{ createdAt: iso(START_MS), from: iso(atMs[0]), to: iso(atMs.at(-1)) },
      counts: {
        ...{ events: rows.length, users: userIds.length, items: catalogue.size, sessions: sessionIds.length },
        skippedRows: {},
      },
    },
    catalogue,
    userIds,
    userAttributes: userIds.map((userId) => new Map(Object.entries(users[userId] ?? {}))),
    events: {
      count: rows.length,
      atMs,
      type: Uint8Array.from(number(({ event }) => EVENT_TYPE_INDEX[event.type ?? 'view_item'])),
      user: Int32Array.from(number(({ event }) => (event.user === undefined ? -1 : userIds.indexOf(event.user)))),
      session: Int32Array.from(
        number(({ event }) => (event.session === undefined ? -1 : sessionIds.indexOf(event.session))),
      ),
      item: Int32Array.from(number(({ item }) => (item === undefined ? -1 : catalogue.indexOf(item)))),
      price: Float64Array.from(number(({ event }) => event.price ?? Number.NaN)),
      quantity: Float64Array.from(number(({ event }) => event.quantity ?? 1)),
      value: Float64Array.from(number(({ event }) => event.value ?? Number.NaN)),
      position: new Int32Array(rows.length).fill(-1),
      eventNumber: Int32Array.from(number(({ eventNumber }) => eventNumber)),
      sessionIds,
    },
  };
}

function rowsOf({ item }: TestEvent): readonly (string | undefined)[] {
  return typeof item === 'object' ? item : [item];
}

/** How large a generated shop is. */
export interface TestShop {
  readonly seed: number;
  /** @defaultValue 60 */
  readonly userCount?: number;
  /** @defaultValue 24 */
  readonly itemCount?: number;
  /** Visits per shopper, spread over 20 days. @defaultValue 6 */
  readonly visitCount?: number;
}

/** Kinds of product, and of shopper: each shopper wants one kind. */
export const SHOP_KINDS = 4;

/**
 * A small shop whose shoppers look at products of their own kind nine times out of ten: item i and shopper u are of kind `i % 4` and
 * `u % 4`. Has categories, brands, prices, regions, lists shown, carts and purchases.
 */
export function aShop(options: TestShop): TestDataset {
  const { seed, userCount = 60, itemCount = 24, visitCount = 6 } = options;
  const random = new SeededRandom(seed);
  const itemIds = Array.from({ length: itemCount }, (_, i) => `item-${i}`);
  const items = itemIds.map((itemId, i) => ({
    itemId,
    category: `kind > kind ${i % SHOP_KINDS}`,
    brand: `brand ${i % 3}`,
    price: 5 + i,
    createdAtMs: START_MS - (i % 10) * MS_PER_DAY,
  }));
  const drawItem = (kind: number): string => {
    const place = random.nextInt(Math.floor(itemCount / SHOP_KINDS)) * SHOP_KINDS;
    return itemIds[place + (random.next() < 0.9 ? kind : random.nextInt(SHOP_KINDS))]!;
  };
  const events: TestEvent[] = [];
  for (let u = 0; u < userCount; u++) {
    const kind = u % SHOP_KINDS;
    for (let visit = 0; visit < visitCount; visit++) {
      const user = `user-${u}`;
      const minute = random.nextInt(20 * 24 * 60);
      const [first, second, third] = [drawItem(kind), drawItem(kind), drawItem(kind)];
      events.push({ minute, user, type: 'view_item_list', item: [first, drawItem(random.nextInt(4)), second] });
      events.push({ minute: minute + 1, user, item: first }, { minute: minute + 2, user, item: second });
      if (random.next() < 0.4) events.push({ minute: minute + 3, user, type: 'add_to_cart', item: second });
      if (random.next() < 0.2) {
        const basket = second === third ? [second] : [second, third];
        events.push({ minute: minute + 4, user, type: 'purchase', item: basket, value: 10 * basket.length });
      }
    }
  }
  events.sort((a, b) => a.minute - b.minute);
  const users = Object.fromEntries(
    Array.from({ length: userCount }, (_, u) => [`user-${u}`, { region: `region ${u % 2}` }]),
  );
  return { name: 'test shop', items, users, events };
}
