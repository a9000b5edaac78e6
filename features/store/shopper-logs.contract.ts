import { describe, expect, it } from 'vitest';
import { MAX_ID_LENGTH } from '../core/ids.ts';
import type { Profile } from '../profile/profile.ts';
import type { ProfileChange } from './feature-store.ts';
import {
  allOf,
  type ContractContext,
  countOne,
  logged,
  sessionOf,
  soon,
  textsOf,
  until,
  userOf,
} from './testing/contract-context.ts';
import { startWriterProcess } from './testing/writer-process-handle.ts';

/** Together 64 000 events; a store takes three to six seconds for them on two cores. */
const UPDATES_PER_WRITER = 1_000;
const PROCESSES = 4;
const WRITERS_PER_PROCESS = 16;

const numbers = (count: number, from = 0): string[] => Array.from({ length: count }, (_, i) => String(from + i));

/** What every feature store promises of updates of many shoppers and of its logs. */
export function describeLogContract(context: () => ContractContext): void {
  describe('updates of many shoppers', () => {
    it('applies every update, those of one shopper in order', async () => {
      const { store } = context();
      const updates = numbers(300).map((n) => ({ key: userOf(`batch-${Number(n) % 120}`), change: logged(n) }));
      const results = await store.updateProfiles(updates, soon());
      expect(results).toEqual(updates.map(() => ({ status: 'fulfilled', value: undefined })));
      expect((await store.readProfile(userOf('batch-0'), soon()))?.eventCounts[0]).toBe(3);
      expect((await store.readProfile(userOf('batch-119'), soon()))?.eventCounts[0]).toBe(2);
      expect(await textsOf(store, 'events', userOf('batch-0'))).toEqual(['0', '120', '240']);
    });

    it('fails only the update whose change throws or whose id is too long', async () => {
      const { store } = context();
      const results = await store.updateProfiles(
        [
          { key: userOf('part-a'), change: countOne },
          {
            key: userOf('part-b'),
            change: (profile) => {
              profile.eventCounts[0]! += 1_000;
              throw new Error('no such event');
            },
          },
          { key: userOf('x'.repeat(MAX_ID_LENGTH + 1)), change: countOne },
          { key: userOf('part-b'), change: countOne },
        ],
        soon(),
      );
      expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
      expect(results[1]).toHaveProperty('reason.message', 'no such event');
      expect(results[2]).toHaveProperty('reason.code', 'REC_INVALID_REQUEST');
      expect((await store.readProfile(userOf('part-b'), soon()))?.eventCounts[0]).toBe(1);
    });

    it('takes an empty list', async () => {
      expect(await context().store.updateProfiles([], soon())).toEqual([]);
    });

    it('loses no update of batches from several workers over the same shoppers, and logs each once', async () => {
      const { workers, store } = context();
      const keys = numbers(40).map((n) => userOf(`shared-${n}`));
      await Promise.all(
        workers.map(async (worker, w) => {
          for (let round = 0; round < 10; round++) {
            const updates = keys.map((key) => ({ key, change: logged(`${w}-${round}`) }));
            const results = await worker.updateProfiles(updates, soon());
            expect(results.filter(({ status }) => status === 'rejected')).toEqual([]);
          }
        }),
      );
      const expected = workers.flatMap((_, w) => numbers(10).map((round) => `${w}-${round}`)).sort();
      const entries = await allOf(store.readLog('events'));
      for (const key of keys) {
        expect((await store.readProfile(key, soon()))?.eventCounts[0]).toBe(30);
        const texts = entries.filter(({ shopper }) => shopper === key).map(({ text }) => text);
        expect(texts.sort()).toEqual(expected);
      }
    });
  });

  describe('event log', () => {
    it('gets the entries of a write with it, in order, and none of a change that writes no entry', async () => {
      const { store } = context();
      const key = sessionOf('log {order}: ☃ %41 \ud800');
      await store.updateProfile(key, logged('first', 'second'), soon());
      await store.updateProfile(key, countOne, soon());
      await store.updateProfile(key, () => 'keep', soon());
      await store.updateProfile(key, logged(), soon());
      await store.updateProfile(key, logged('{"text":"käse 🧀 \\u0000"}'), soon());
      expect(await textsOf(store, 'events', key)).toEqual(['first', 'second', '{"text":"käse 🧀 \\u0000"}']);
      expect((await store.readProfile(key, soon()))?.eventCounts[0]).toBe(4);
    });

    it('keeps no entry of a change that throws, even among others of the same write', async () => {
      const { store } = context();
      const key = userOf('log throws');
      const bad = (): ProfileChange => {
        throw new Error('no such event');
      };
      const updates = [logged('a'), bad, logged('b')].map((change) => store.updateProfile(key, change, soon()));
      const results = await Promise.allSettled(updates);
      expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      expect(await textsOf(store, 'events', key)).toEqual(['a', 'b']);
    });

    it('keeps no entry of a write that lost to another worker', async () => {
      const { workers } = context();
      const key = userOf('log loses');
      let runs = 0;
      const rounds = 30;
      for (let round = 0; round < rounds; round++) {
        const write = (name: string) => (profile: Profile) => {
          runs++;
          return logged(`${name}-${round}-${profile.eventCounts[0]}`)(profile);
        };
        await Promise.all([
          workers[0]!.updateProfile(key, write('a'), soon()),
          workers[1]!.updateProfile(key, write('b'), soon()),
        ]);
      }
      const texts = await textsOf(workers[2]!, 'events', key);
      // Some write must have lost, or this would show nothing.
      expect(runs).toBeGreaterThan(2 * rounds);
      expect(texts).toHaveLength(2 * rounds);
      // Each entry tells the state its write was based on: every state was built upon once, in order.
      expect(texts.map((text) => text.split('-')[2])).toEqual(numbers(2 * rounds));
    });

    it(`has each event of 64 writers in ${PROCESSES} processes on one shopper exactly once`, {
      timeout: 900_000,
    }, async () => {
      const { underTest, store } = context();
      const key = userOf('log crowd');
      // So many in one partition of the log must not be trimmed.
      const options = underTest.optionsFor('demo', { eventLogMaxEntries: 2_000_000_000 });
      const startedAtMs = performance.now();
      const processes = numbers(PROCESSES).map((name) =>
        startWriterProcess(options, { key, updates: UPDATES_PER_WRITER, writers: WRITERS_PER_PROCESS, name }),
      );
      await Promise.all(processes.map(({ done }) => done));
      const total = PROCESSES * WRITERS_PER_PROCESS * UPDATES_PER_WRITER;
      const seconds = ((performance.now() - startedAtMs) / 1_000).toFixed(1);
      console.log(`${store.description.split(' ')[0]}: ${total} events of one shopper from 64 writers in ${seconds} s`);
      expect((await store.readProfile(key, soon()))?.eventCounts[0]).toBe(total);
      const texts = await textsOf(store, 'events', key);
      expect(texts).toHaveLength(total);
      expect(new Set(texts).size).toBe(total);
    });

    it('has an entry for every counted event after a writer was killed in the middle', async () => {
      const { underTest, store } = context();
      const key = userOf('log killed');
      const options = underTest.optionsFor('demo', { eventLogMaxEntries: 2_000_000_000 });
      const killed = startWriterProcess(options, { key, updates: 1_000_000, writers: 8 });
      const ended = killed.done.catch(() => {});
      const counted = async (): Promise<number> => (await store.readProfile(key, soon()))?.eventCounts[0] ?? 0;
      await until(async () => (await counted()) > 200, 'the writer has begun');
      killed.kill();
      await ended;
      // What was on its way when it was killed may still arrive.
      let count = -1;
      const isSettled = async (): Promise<boolean> => {
        const before = count;
        count = await counted();
        return count === before;
      };
      await until(isSettled, 'nothing more arrives');
      expect(await textsOf(store, 'events', key)).toHaveLength(count);
    });

    it('holds about the configured number of entries at most, the latest ones', async () => {
      const retention = { eventLogMaxEntries: 1_280, slateLogMaxEntries: 1_280 };
      const written = numbers(2_400);
      const read = async (shop: string): Promise<string[]> => {
        let texts: string[] = [];
        await context().withShop(
          shop,
          async (store) => {
            for (let from = 0; from < written.length; from += 400) {
              await store.updateProfile(userOf('a'), logged(...written.slice(from, from + 400)), soon());
              const slates = written.slice(from, from + 400);
              const entries = slates.map((text) => ({ shopper: userOf('a'), atMs: 1, text }));
              await store.appendSlates(entries, soon());
            }
            await until(async () => (await textsOf(store, 'events', userOf('a'))).length < 1_400, 'the log is cut');
            await until(async () => (await textsOf(store, 'slates', userOf('a'))).length < 1_400, 'the log is cut');
            texts = await textsOf(store, 'events', userOf('a'));
            expect(await textsOf(store, 'slates', userOf('a'))).not.toHaveLength(0);
          },
          retention,
        );
        return texts;
      };
      const left = await read('bounded');
      expect(left.length).toBeGreaterThan(0);
      expect(left).toEqual(written.slice(-left.length));
    });
  });

  describe('slate log', () => {
    it('keeps slates of shoppers and of nobody', async () => {
      const { store } = context();
      const entries = [
        { shopper: userOf('served'), atMs: 5, text: '{"recommendation_id":"1"}' },
        { shopper: undefined, atMs: 5, text: '{"recommendation_id":"2"}' },
        { shopper: userOf('served'), atMs: 6, text: '{"recommendation_id":"3"}' },
      ];
      await store.appendSlates(entries, soon());
      await store.appendSlates([], soon());
      expect(await textsOf(store, 'slates', userOf('served'))).toEqual([entries[0]!.text, entries[2]!.text]);
      expect(await textsOf(store, 'slates', undefined)).toEqual([entries[1]!.text]);
    });

    it('leaves out slates served before the shopper was erased, whoever else is in the batch', async () => {
      const { store } = context();
      const key = userOf('served late');
      await store.eraseShopper(key, 1_000, soon());
      await store.appendSlates(
        [
          { shopper: key, atMs: 999, text: 'before' },
          { shopper: userOf('other'), atMs: 999, text: 'of another' },
          { shopper: key, atMs: 1_000, text: 'at' },
          { shopper: key, atMs: 1_001, text: 'after' },
        ],
        soon(),
      );
      expect(await textsOf(store, 'slates', key)).toEqual(['after']);
      expect(await textsOf(store, 'slates', userOf('other'))).toEqual(['of another']);
    });

    it('never leaves a slate behind when it is appended while the shopper is erased', async () => {
      const { workers } = context();
      for (let round = 0; round < 20; round++) {
        const key = userOf(`racing ${round}`);
        await Promise.all([
          workers[0]!.appendSlates([{ shopper: key, atMs: 5, text: 'x' }], soon()),
          workers[1]!.eraseShopper(key, 10, soon()),
        ]);
        const traces = await allOf(workers[2]!.findTraces(key));
        expect(traces.map(({ kind }) => kind)).toEqual(['tombstone']);
      }
    });
  });
}
