import { describe, expect, it } from 'vitest';
import { deletedItem, type ItemRecord } from '../catalogue/catalogue.ts';
import { Deadline } from '../core/deadline.ts';
import { MAX_ID_LENGTH } from '../core/ids.ts';
import type { FeatureStore } from './feature-store.ts';
import { openFeatureStore } from './open-feature-store.ts';
import { allOf, type ContractContext, soon } from './testing/contract-context.ts';

const item = (itemId: string, price = 1): ItemRecord => ({ itemId, price, isAvailable: true });

/** Reads on until nothing is new. */
async function follow(store: FeatureStore, from: string): Promise<{ items: ItemRecord[]; position: string }> {
  const items: ItemRecord[] = [];
  for (let position = from; ; ) {
    const { changes, position: next, isLost } = await store.readItemChanges(position, soon());
    expect(isLost).toBe(false);
    if (changes.length === 0) return { items, position: next };
    items.push(...changes.map(({ record }) => record));
    position = next;
  }
}

/** What every feature store promises of changing products one by one, and of telling followers. */
export function describeItemContract(context: () => ContractContext): void {
  describe('changing a product', () => {
    it('gives the current one to change, stores what comes back and returns it', async () => {
      const { store } = context();
      const created = await store.updateItem(
        'change-1',
        (current) => {
          expect(current).toBeUndefined();
          return item('change-1');
        },
        soon(),
      );
      expect(created).toEqual(item('change-1'));
      const changed = await store.updateItem('change-1', (current) => ({ ...current!, price: 2 }), soon());
      expect(changed).toEqual(item('change-1', 2));
      expect(await store.readItem('change-1', soon())).toEqual(item('change-1', 2));
    });

    it('leaves it alone when told to keep it', async () => {
      const { store } = context();
      await store.writeItems([item('kept')]);
      const position = await store.itemChangesPosition(soon());
      expect(await store.updateItem('kept', () => 'keep', soon())).toEqual(item('kept'));
      expect(await store.updateItem('not there', () => 'keep', soon())).toBeUndefined();
      expect((await store.readItemChanges(position, soon())).changes).toEqual([]);
    });

    it('keeps a deleted product as a record that nobody reads as a product', async () => {
      await context().withShop('delete', async (store) => {
        await store.writeItems([item('gone')]);
        expect(await store.updateItem('gone', () => deletedItem('gone'), soon())).toEqual(deletedItem('gone'));
        expect(await store.readItem('gone', soon())).toBeUndefined();
        expect(await allOf(store.readAllItems())).toEqual([deletedItem('gone')]);
        const again = await store.updateItem(
          'gone',
          (current) => (current?.isDeleted === true ? item('gone', 3) : 'keep'),
          soon(),
        );
        expect(again).toEqual(item('gone', 3));
        expect(await store.readItem('gone', soon())).toEqual(item('gone', 3));
      });
    });

    it('loses no change of many workers on one product', async () => {
      const { workers, store } = context();
      await store.writeItems([item('crowd', 0)]);
      const add = (worker: FeatureStore) =>
        worker.updateItem('crowd', (current) => ({ ...current!, price: current!.price! + 1 }), soon());
      await Promise.all(Array.from({ length: 60 }, (_, i) => add(workers[i % workers.length]!)));
      expect((await store.readItem('crowd', soon()))?.price).toBe(60);
    });

    it('fails with what the change throws, and stores nothing', async () => {
      const { store } = context();
      await store.writeItems([item('throws')]);
      const position = await store.itemChangesPosition(soon());
      const failing = store.updateItem(
        'throws',
        () => {
          throw new Error('no such field');
        },
        soon(),
      );
      await expect(failing).rejects.toThrow('no such field');
      expect((await store.readItemChanges(position, soon())).changes).toEqual([]);
    });

    it('refuses an id that is too long and a deadline that is past', async () => {
      const { store } = context();
      const long = 'x'.repeat(MAX_ID_LENGTH + 1);
      await expect(store.updateItem(long, () => item(long), soon())).rejects.toMatchObject({
        code: 'REC_INVALID_REQUEST',
      });
      const late = store.updateItem('late', () => item('late'), Deadline.after(-1));
      await expect(late).rejects.toMatchObject({ code: 'REC_DEADLINE_EXCEEDED' });
      expect(await store.readItem('late', soon())).toBeUndefined();
    });
  });

  describe('following product changes', () => {
    it('tells another worker what was written since its position, in order of time, each with its moment', async () => {
      const { workers } = context();
      const position = await workers[1]!.itemChangesPosition(soon());
      const startedAtMs = Date.now();
      for (const n of [1, 2, 3, 4, 5]) {
        await workers[0]!.updateItem(`told-${n}`, () => item(`told-${n}`), soon());
        // So that their moments differ.
        await new Promise((resolve) => setTimeout(resolve, 3));
      }
      const { changes, isLost } = await workers[1]!.readItemChanges(position, soon());
      expect(isLost).toBe(false);
      expect(changes.map(({ record }) => record)).toEqual([1, 2, 3, 4, 5].map((n) => item(`told-${n}`)));
      for (const { atMs } of changes) {
        expect(atMs).toBeGreaterThanOrEqual(startedAtMs - 1);
        expect(atMs).toBeLessThanOrEqual(Date.now() + 1);
      }
    });

    it('goes on where it stopped and tells nothing twice', async () => {
      await context().withShop('follow', async (store) => {
        const start = await store.itemChangesPosition(soon());
        await store.writeItems([item('a'), item('b')]);
        const first = await follow(store, start);
        expect(first.items.map(({ itemId }) => itemId).sort()).toEqual(['a', 'b']);
        await store.updateItem('a', () => deletedItem('a'), soon());
        const second = await follow(store, first.position);
        expect(second.items).toEqual([deletedItem('a')]);
        expect((await follow(store, second.position)).items).toEqual([]);
      });
    });

    it('tells a product that changed often once, as it is now', async () => {
      await context().withShop('often', async (store) => {
        const start = await store.itemChangesPosition(soon());
        for (let price = 1; price <= 20; price++) await store.updateItem('a', () => item('a', price), soon());
        const { changes } = await store.readItemChanges(start, soon());
        expect(changes.map(({ record }) => record)).toEqual([item('a', 20)]);
      });
    });

    it('tells nothing of a bulk write that changes nothing', async () => {
      await context().withShop('same', async (store) => {
        await store.writeItems([item('a'), item('b')]);
        const position = await store.itemChangesPosition(soon());
        await store.writeItems([item('a'), item('b', 2)]);
        expect((await follow(store, position)).items).toEqual([item('b', 2)]);
      });
    });

    it('loses nothing between its position and reading all products, while others write', async () => {
      await context().withShop('between', async (store) => {
        const writer = await openFeatureStore(context().underTest.optionsFor('between'));
        let written = 0;
        let isOver = false;
        const writing = (async () => {
          while (!isOver) {
            await writer.updateItem(`item-${written % 70}`, () => item(`item-${written % 70}`, written), soon());
            written++;
          }
        })();
        try {
          while (written < 40) await new Promise((resolve) => setTimeout(resolve, 1));
          let position = await store.itemChangesPosition(soon());
          const known = new Map<string, ItemRecord>();
          for await (const record of store.readAllItems()) known.set(record.itemId, record);
          while (written < 200) await new Promise((resolve) => setTimeout(resolve, 1));
          isOver = true;
          await writing;
          const rest = await follow(store, position);
          for (const record of rest.items) known.set(record.itemId, record);
          position = rest.position;
          const now = new Map((await allOf(store.readAllItems())).map((record) => [record.itemId, record]));
          expect(Object.fromEntries(known)).toEqual(Object.fromEntries(now));
        } finally {
          isOver = true;
          await writing;
          await writer.close();
        }
      });
    });

    it('says when it was away for longer than the log reaches back, and follows again from a new position', async () => {
      await context().withShop('away', async (store) => {
        const old = await store.itemChangesPosition(soon());
        // More than both technologies remember, however they trim.
        const many = Array.from({ length: 160_000 }, (_, i) => item(`sku-${i}`));
        await store.writeItems(many);
        expect(await store.readItemChanges(old, soon())).toEqual({ changes: [], position: old, isLost: true });
        const position = await store.itemChangesPosition(soon());
        await store.writeItems([item('sku-0', 2)]);
        expect((await follow(store, position)).items).toEqual([item('sku-0', 2)]);
      });
    });

    it('reads a long list of changes in parts', async () => {
      await context().withShop('parts', async (store) => {
        const position = await store.itemChangesPosition(soon());
        await store.writeItems(Array.from({ length: 12_000 }, (_, i) => item(`sku-${i}`)));
        const { items } = await follow(store, position);
        expect(new Set(items.map(({ itemId }) => itemId)).size).toBe(12_000);
        expect(items).toHaveLength(12_000);
      });
    });

    it('answers a position it never gave as lost', async () => {
      const { store } = context();
      for (const position of ['', 'nonsense', '99999999999', '1-1,2-2']) {
        expect((await store.readItemChanges(position, soon())).isLost).toBe(true);
      }
    });
  });
}
