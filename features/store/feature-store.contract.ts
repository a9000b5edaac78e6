import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deletedItem, type ItemRecord } from '../catalogue/catalogue.ts';
import { Deadline } from '../core/deadline.ts';
import { asItemId, MAX_ID_LENGTH, type ShopperKey } from '../core/ids.ts';
import { applyEvent, DEFAULT_PROFILE_POLICY } from '../profile/apply-event.ts';
import { emptyProfile, type Profile } from '../profile/profile.ts';
import { describeErasureContract } from './erasure.contract.ts';
import type { FeatureStore } from './feature-store.ts';
import { describeItemContract } from './item-changes.contract.ts';
import { openFeatureStore } from './open-feature-store.ts';
import { describeLogContract } from './shopper-logs.contract.ts';
import {
  allOf,
  ContractContext,
  countOne,
  userOf as key,
  type StoreUnderTest,
  sessionOf,
  soon,
} from './testing/contract-context.ts';
import { aProfile, largestProfile } from './testing/profiles.ts';
import { startWriterProcess } from './testing/writer-process-handle.ts';

async function allItems(store: FeatureStore): Promise<ItemRecord[]> {
  return (await allOf(store.readAllItems())).sort((a, b) => (a.itemId < b.itemId ? -1 : 1));
}

/** What every feature store promises, run against each adapter. */
export function describeFeatureStoreContract(technology: string, start: () => Promise<StoreUnderTest>): void {
  describe(`feature store contract: ${technology}`, () => {
    let context: ContractContext;
    let underTest: StoreUnderTest;
    let store: FeatureStore;
    /** Two more of the same shop, with connections of their own, as other workers have. */
    let others: readonly FeatureStore[];

    beforeAll(async () => {
      context = await ContractContext.start(start);
      underTest = context.underTest;
      store = context.store;
      others = context.workers.slice(1);
    });

    afterAll(() => context?.stop());

    describeLogContract(() => context);
    describeErasureContract(() => context);
    describeItemContract(() => context);

    describe('profiles', () => {
      it('answers undefined for a shopper it does not know', async () => {
        expect(await store.readProfile(key('nobody'), soon())).toBeUndefined();
      });

      it('gives a new shopper an empty profile to change, and reads back the change', async () => {
        await store.updateProfile(
          key('new'),
          (profile) => {
            expect(profile).toEqual(emptyProfile());
            Object.assign(profile, aProfile('new'));
            return 'write';
          },
          soon(),
        );
        expect(await store.readProfile(key('new'), soon())).toEqual(aProfile('new'));
      });

      it('leaves the record alone when the change says keep', async () => {
        await store.updateProfile(key('kept'), () => 'keep', soon());
        expect(await store.readProfile(key('kept'), soon())).toBeUndefined();
      });

      it('shows an update to every other worker as soon as it resolves', async () => {
        for (let i = 1; i <= 50; i++) {
          await store.updateProfile(key('visible'), countOne, soon());
          const seen = await others[i % 2]!.readProfile(key('visible'), soon());
          expect(seen?.eventCounts[0]).toBe(i);
        }
      });

      it('loses no update of 64 concurrent writers on one shopper', async () => {
        const stores = [store, ...others];
        const writers = Array.from({ length: 64 }, (_, i) =>
          stores[i % stores.length]!.updateProfile(key('crowd'), countOne, soon()),
        );
        await Promise.all(writers);
        expect((await store.readProfile(key('crowd'), soon()))?.eventCounts[0]).toBe(64);
      });

      it('loses no update when several processes write one shopper', async () => {
        const options = underTest.optionsFor('demo');
        const own = async (): Promise<void> => {
          for (let i = 0; i < 150; i++) await store.updateProfile(key('processes'), countOne, soon());
        };
        await Promise.all([
          startWriterProcess(options, { key: key('processes'), updates: 150 }).done,
          startWriterProcess(options, { key: key('processes'), updates: 150 }).done,
          own(),
        ]);
        expect((await store.readProfile(key('processes'), soon()))?.eventCounts[0]).toBe(450);
      });

      it('applies an event once, whichever workers bring it and however often', async () => {
        const bring = (worker: FeatureStore, eventId: string): Promise<void> =>
          worker.updateProfile(
            key('idempotent'),
            (profile) => {
              const event = {
                eventId,
                type: 'purchase' as const,
                atMs: 5_000,
                items: [{ itemId: asItemId('a'), price: 2 }],
              };
              const isNew = applyEvent(profile, event, () => undefined, DEFAULT_PROFILE_POLICY);
              return isNew ? 'write' : 'keep';
            },
            soon(),
          );
        const stores = [store, ...others];
        await Promise.all(Array.from({ length: 24 }, (_, i) => bring(stores[i % 3]!, `order-${i % 2}`)));
        await bring(store, 'order-0');
        const purchases = (await store.readProfile(key('idempotent'), soon()))?.purchases;
        expect(purchases).toMatchObject({ orderCount: 2, totalValue: 4 });
      });

      it('fails only the caller whose change throws, and keeps nothing of it', async () => {
        const good = store.updateProfile(key('throws'), countOne, soon());
        const bad = store.updateProfile(
          key('throws'),
          (profile) => {
            profile.eventCounts[0]! += 1_000;
            throw new Error('no such event');
          },
          soon(),
        );
        const alsoGood = store.updateProfile(key('throws'), countOne, soon());
        await expect(bad).rejects.toThrow('no such event');
        await Promise.all([good, alsoGood]);
        expect((await store.readProfile(key('throws'), soon()))?.eventCounts[0]).toBe(2);
      });

      it.each([
        ['braces and colons', 'a}b{c:d:p'],
        ['an empty pair of braces', '{}'],
        ['other alphabets', 'käse 🧀 ☃'],
        ['a name JavaScript objects have', '__proto__'],
        ['control characters', 'a\0b\nc'],
        ['half a surrogate pair', 'a\ud800'],
        ['the longest id', 'x'.repeat(MAX_ID_LENGTH)],
        ['the longest id in a wide alphabet', '☃'.repeat(MAX_ID_LENGTH)],
        ['nothing', ''],
      ])('keeps an id with %s apart from others', async (_, id) => {
        await store.writeProfiles([[key(id), aProfile('one')]]);
        await store.writeProfiles([[sessionOf(id), aProfile('two')]]);
        await store.writeItems([{ itemId: id, title: 'three', isAvailable: true }]);
        expect((await store.readProfile(key(id), soon()))?.device).toBe('one');
        expect((await store.readProfile(sessionOf(id), soon()))?.device).toBe('two');
        expect((await store.readItem(id, soon()))?.title).toBe('three');
      });

      it('refuses an id that is too long', async () => {
        const long = 'x'.repeat(MAX_ID_LENGTH + 1);
        const refused = expect.objectContaining({ code: 'REC_INVALID_REQUEST' });
        await expect(store.readProfile(key(long), soon())).rejects.toEqual(refused);
        await expect(store.updateProfile(key(long), countOne, soon())).rejects.toEqual(refused);
        await expect(store.writeProfiles([[key(long), aProfile('x')]])).rejects.toEqual(refused);
        await expect(store.writeItems([{ itemId: long, isAvailable: true }])).rejects.toEqual(refused);
      });

      it('writes many profiles at once and replaces what was there', async () => {
        const entries = (device: string): [ShopperKey, Profile][] =>
          Array.from({ length: 2_100 }, (_, i) => [key(`many-${i}`), aProfile(`${device}-${i}`)]);
        await store.writeProfiles(entries('first'));
        await store.writeProfiles(entries('second'));
        for (const i of [0, 255, 256, 999, 1_000, 2_099]) {
          expect(await others[0]!.readProfile(key(`many-${i}`), soon())).toEqual(aProfile(`second-${i}`));
        }
      });

      it('gives back the largest profile there can be', async () => {
        await store.writeProfiles([[key('largest'), largestProfile()]]);
        expect(await store.readProfile(key('largest'), soon())).toEqual(largestProfile());
        await store.updateProfile(key('largest'), countOne, soon());
        const counted = { ...largestProfile(), eventCounts: [1, 0, 0, 0, 0, 0, 0, 0, 0, 0] };
        expect(await store.readProfile(key('largest'), soon())).toEqual(counted);
      });

      it('hands out profiles that belong to the caller', async () => {
        await store.writeProfiles([[key('owned'), aProfile('before')]]);
        const read = await store.readProfile(key('owned'), soon());
        read!.device = 'scribbled over';
        expect((await store.readProfile(key('owned'), soon()))?.device).toBe('before');
      });
    });

    describe('items', () => {
      const full: ItemRecord = {
        itemId: 'sku-1',
        title: 'Kettle {1}',
        category: 'home > kitchen',
        brand: 'Acmé',
        price: 19.99,
        currency: 'EUR',
        isAvailable: true,
        createdAtMs: 1_700_000_000_123,
        attributes: { colour: 'red|blue', ...JSON.parse('{"__proto__":"x"}') },
      };

      it('has none at the start', async () => {
        const empty = await openFeatureStore(underTest.optionsFor('empty'));
        expect(await allItems(empty)).toEqual([]);
        expect(await empty.readItem('sku-1', soon())).toBeUndefined();
        await empty.close();
      });

      it('gives back every field, and replaces all of them', async () => {
        const shop = await openFeatureStore(underTest.optionsFor('fields'));
        await shop.writeItems([full]);
        expect(await shop.readItem('sku-1', soon())).toEqual(full);
        await shop.writeItems([{ itemId: 'sku-1', isAvailable: false }]);
        expect(await shop.readItem('sku-1', soon())).toEqual({ itemId: 'sku-1', isAvailable: false });
        await shop.close();
      });

      it('reads all items exactly once', async () => {
        const shop = await openFeatureStore(underTest.optionsFor('all'));
        const items: ItemRecord[] = Array.from({ length: 2_500 }, (_, i) => ({
          itemId: `sku-${String(i).padStart(5, '0')}`,
          price: i,
          isAvailable: i % 2 === 0,
        }));
        await shop.writeItems(items);
        expect(await allItems(shop)).toEqual(items);
        await shop.close();
      });

      it('shows a change that comes after a deletion what was deleted, and readers nothing', async () => {
        const shop = await openFeatureStore(underTest.optionsFor('deleted'));
        const seen: unknown[] = [];
        const change = (itemId: string, next: ItemRecord | 'keep') =>
          shop.updateItem(
            itemId,
            (current) => {
              seen.push(current);
              return next;
            },
            soon(),
          );
        expect(await change('sku-1', full)).toEqual(full);
        expect(await change('sku-1', deletedItem('sku-1'))).toEqual(deletedItem('sku-1'));
        expect(await change('sku-1', 'keep')).toEqual(deletedItem('sku-1'));
        expect(await change('sku-2', 'keep')).toBeUndefined();
        expect(seen).toEqual([undefined, full, deletedItem('sku-1'), undefined]);
        expect(await shop.readItem('sku-1', soon())).toBeUndefined();
        expect(await allItems(shop)).toEqual([deletedItem('sku-1')]);
        await shop.close();
      });

      it('takes an empty list', async () => {
        await store.writeItems([]);
        await store.writeProfiles([]);
      });
    });

    it('never lets two shops meet', async () => {
      const [a, b] = await Promise.all(['shop-a', 'shop'].map((shop) => openFeatureStore(underTest.optionsFor(shop))));
      await a!.writeProfiles([[key('1'), aProfile('a')]]);
      await a!.writeItems([{ itemId: 'x', isAvailable: true }]);
      expect(await b!.readProfile(key('1'), soon())).toBeUndefined();
      expect(await b!.readItem('x', soon())).toBeUndefined();
      expect(await allItems(b!)).toEqual([]);
      await Promise.all([a!.close(), b!.close()]);
    });

    it('refuses work whose deadline is past, without doing it', async () => {
      const past = Deadline.after(-1);
      const exceeded = expect.objectContaining({ code: 'REC_DEADLINE_EXCEEDED' });
      await expect(store.readProfile(key('late'), past)).rejects.toEqual(exceeded);
      await expect(store.updateProfile(key('late'), countOne, past)).rejects.toEqual(exceeded);
      await expect(store.readItem('late', past)).rejects.toEqual(exceeded);
      await expect(store.ping(past)).rejects.toEqual(exceeded);
      expect(await store.readProfile(key('late'), soon())).toBeUndefined();
    });

    it('answers a ping', async () => {
      await store.ping(soon());
    });

    it('names its technology and shop', () => {
      expect(store.description).toContain(underTest.optionsFor('demo').kind);
      expect(store.description).toContain('shop demo');
    });

    it('lets every key expire that all of the above has written', async ({ skip }) => {
      if (underTest.keysThatStay === undefined) return skip('the store removes what has expired itself');
      expect(await underTest.keysThatStay()).toEqual([]);
    });

    it('refuses every call after it is closed, and can be closed twice', async () => {
      const closed = await openFeatureStore(underTest.optionsFor('demo'));
      await closed.close();
      await closed.close();
      const unavailable = expect.objectContaining({ code: 'REC_STORE_UNAVAILABLE', isRetryable: true });
      await expect(closed.readProfile(key('a'), soon())).rejects.toEqual(unavailable);
      await expect(closed.updateProfile(key('a'), countOne, soon())).rejects.toEqual(unavailable);
      await expect(closed.readItem('a', soon())).rejects.toEqual(unavailable);
      await expect(closed.ping(soon())).rejects.toEqual(unavailable);
      await expect(allItems(closed)).rejects.toEqual(unavailable);
    });
  });
}
