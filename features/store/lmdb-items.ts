import type { Database } from 'lmdb';
import type { ItemRecord } from '../catalogue/catalogue.ts';
import { chunksOf } from '../core/chunks.ts';
import type { Clock } from '../core/clock.ts';
import type { Deadline } from '../core/deadline.ts';
import { SerialQueue } from '../core/serial-queue.ts';
import type { ItemChange, ItemChanges } from './feature-store.ts';
import { decodeItem, decodePresentItem, encodeItem } from './item-codec.ts';
import { itemChangeKey, itemKey, itemKeyRange, sequenceOfItemChangeKey } from './key-layout.ts';
import type { LmdbAccess } from './lmdb-access.ts';
import { deadlineExceeded } from './profile-updater.ts';

/** Changes that are remembered; a follower that is further behind reads all products again. */
export const ITEM_CHANGES_KEPT = 65_536;

const ITEMS_PER_READ = 1_000;
/** Products written at a time. */
const ITEMS_PER_WRITE = 500;
const CHANGES_PER_READ = 4_096;

/** Sequence number before the first change. */
const NO_CHANGE = 0;

type Entry = readonly [key: string, text: string];

/**
 * Products in LMDB, and a numbered list of the latest writes: both change together, on condition that the number of the last change is
 * still the one that was read. Who loses to another process looks again; writes of this process take turns.
 *
 * No transaction runs JavaScript: the write lock is never held for it, and the library's own callbacks have been seen never to be called.
 */
export class LmdbItems {
  private readonly access: LmdbAccess;
  private readonly shop: string;
  private readonly clock: Clock;
  private readonly items: Database<string, string>;
  /** Time and item key by sequence number. */
  private readonly changes: Database<string, string>;
  /** Nothing by shop; the version is the sequence number of the last change. */
  private readonly counters: Database<string, string>;
  private readonly counterKey: string;
  private readonly turns = new SerialQueue();

  constructor(access: LmdbAccess, shop: string, clock: Clock) {
    this.access = access;
    this.shop = shop;
    this.clock = clock;
    this.items = access.root.openDB('items', { encoding: 'string' });
    this.changes = access.root.openDB('changes', { encoding: 'string' });
    this.counters = access.root.openDB('counters', { encoding: 'string', useVersions: true });
    this.counterKey = itemChangeKey(shop, 0);
  }

  async write(items: Iterable<ItemRecord>): Promise<void> {
    for (const chunk of chunksOf(items, ITEMS_PER_WRITE)) {
      const entries = chunk.map((item): Entry => [itemKey(this.shop, item.itemId), encodeItem(item)]);
      await this.turns.run(() => this.putUntilStored('writing items', () => entries));
    }
  }

  async update(
    itemId: string,
    change: (current: ItemRecord | undefined) => ItemRecord | 'keep',
    deadline: Deadline,
  ): Promise<ItemRecord | undefined> {
    const what = 'updating an item';
    const key = itemKey(this.shop, itemId);
    if (deadline.isPast()) throw deadlineExceeded(what);
    let result: ItemRecord | undefined;
    const entriesOf = (): Entry[] => {
      // Its turn took too long to come, and the caller was told so already.
      if (deadline.isPast()) throw deadlineExceeded(what);
      const text = this.items.get(key);
      const current = text === undefined ? undefined : decodeItem(text);
      const next = change(current);
      result = next === 'keep' ? current : next;
      return next === 'keep' ? [] : [[key, encodeItem(next)]];
    };
    const storing = this.turns.run(() => this.putUntilStored(what, entriesOf));
    await deadline.race(storing, what);
    return result;
  }

  read(itemId: string, deadline: Deadline): ItemRecord | undefined {
    const key = itemKey(this.shop, itemId);
    const text = this.access.read('reading an item', () => this.items.get(key), deadline);
    return text === undefined ? undefined : decodePresentItem(text);
  }

  async *readAll(): AsyncIterable<ItemRecord> {
    const { start, end } = itemKeyRange(this.shop);
    let after = start;
    for (;;) {
      // Read in parts, so that no snapshot stays open while the caller is at work: an open one keeps LMDB from reusing space.
      const options = { start: after, exclusiveStart: true, end, limit: ITEMS_PER_READ };
      const part = this.access.read('reading items', () => Array.from(this.items.getRange(options)));
      for (const { value } of part) yield decodeItem(value);
      const last = part.at(-1);
      if (last === undefined || part.length < ITEMS_PER_READ) return;
      after = last.key;
    }
  }

  ping(deadline: Deadline): void {
    this.access.read(
      'asking the store for a sign of life',
      () => this.items.doesExist(itemKey(this.shop, '')),
      deadline,
    );
  }

  /** A position is the number of the last change. */
  position(deadline: Deadline): string {
    return this.access.read('asking for the last item change', () => String(this.lastSequence()), deadline);
  }

  readChanges(position: string, deadline: Deadline): ItemChanges {
    const seen = /^\d+$/.test(position) ? Number(position) : Number.NaN;
    return this.access.read(
      'reading item changes',
      () => {
        const last = this.lastSequence();
        if (seen === last) return { changes: [], position, isLost: false };
        const range = { start: itemChangeKey(this.shop, seen + 1), end: itemChangeKey(this.shop, last + 1) };
        const part = Array.from(this.changes.getRange({ ...range, limit: CHANGES_PER_READ }));
        const isWhole = part[0] !== undefined && sequenceOfItemChangeKey(part[0].key) === seen + 1;
        if (!isWhole) return { changes: [], position, isLost: true };
        const changes = this.currentRecords(part.map(({ value }) => value));
        return { changes, position: String(seen + part.length), isLost: false };
      },
      deadline,
    );
  }

  private currentRecords(notes: readonly string[]): ItemChange[] {
    const atMsByKey = new Map<string, number>();
    for (const note of notes) {
      const [atMs, key] = note.split(' ') as [string, string];
      // A product goes to the place of its latest change.
      atMsByKey.delete(key);
      atMsByKey.set(key, Number(atMs));
    }
    const changes: ItemChange[] = [];
    for (const [key, atMs] of atMsByKey) {
      const text = this.items.get(key);
      if (text !== undefined) changes.push({ record: decodeItem(text), atMs });
    }
    return changes;
  }

  /** Makes the entries out of what is stored, and stores them and their change notes; again when another process was first. */
  private async putUntilStored(what: string, entriesOf: () => readonly Entry[]): Promise<void> {
    for (;;) {
      const { last, entries } = this.access.read(what, () => ({
        last: this.lastSequence(),
        entries: entriesOf().filter(([key, text]) => this.items.get(key) !== text),
      }));
      if (entries.length === 0 || (await this.access.write(what, () => this.putAfter(last, entries)))) return;
    }
  }

  /** Stores the entries if `last` is still the number of the last change. */
  private putAfter(last: number, entries: readonly Entry[]): Promise<boolean> {
    const { counters, counterKey, shop } = this;
    const put = (): void => {
      let sequence = last;
      for (const [key, text] of entries) {
        sequence += 1;
        void this.items.put(key, text);
        void this.changes.put(itemChangeKey(shop, sequence), `${this.clock.nowMs()} ${key}`);
        if (sequence > ITEM_CHANGES_KEPT) void this.changes.remove(itemChangeKey(shop, sequence - ITEM_CHANGES_KEPT));
      }
      void counters.put(counterKey, '', sequence);
    };
    return last === NO_CHANGE ? counters.ifNoExists(counterKey, put) : counters.ifVersion(counterKey, last, put);
  }

  private lastSequence(): number {
    return this.counters.getEntry(this.counterKey)?.version ?? NO_CHANGE;
  }
}
