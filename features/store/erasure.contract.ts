import { describe, expect, it } from 'vitest';
import { NOT_OPTED_OUT, type Profile, UNKNOWN_CONSENT } from '../profile/profile.ts';
import type { FeatureStore } from './feature-store.ts';
import { allOf, type ContractContext, logged, sessionOf, soon, textsOf, userOf } from './testing/contract-context.ts';

const ERASED_AT_MS = 1_700_000_000_000;

async function kindsOf(store: FeatureStore, id: string): Promise<string[]> {
  return (await allOf(store.findTraces(userOf(id)))).map(({ kind }) => kind).sort();
}

/** An account with two joined sessions, one of which it no longer names, events and slates of all three, and neighbours. */
async function fill(store: FeatureStore, id: string): Promise<void> {
  const event = (name: string, more: object): string => JSON.stringify({ event_id: name, ...more });
  for (const session of ['1', '2']) {
    await store.updateProfile(
      sessionOf(`${id}-${session}`),
      (profile) => {
        profile.joinedTo = { userId: id, joinId: Number(session) };
        return { log: [event(`of session ${session}`, { session_id: `${id}-${session}` })] };
      },
      soon(),
    );
  }
  await store.updateProfile(
    userOf(id),
    (profile) => {
      profile.device = 'mobile';
      profile.attributes.set('tier', 'gold');
      profile.joinedSessions = [{ sessionId: `${id}-1`, joinId: 1 }];
      return { log: [event('log-in', { user_id: id, session_id: `${id}-2` }), event('view', { user_id: id })] };
    },
    soon(),
  );
  await store.updateProfile(userOf(`${id}0`), logged(event('another', { user_id: `${id}0` })), soon());
  await store.updateProfile(sessionOf(id), logged(event('a session of that name', { session_id: id })), soon());
  await store.appendSlates(
    [
      { shopper: userOf(id), atMs: 1, text: JSON.stringify({ user_id: id }) },
      { shopper: sessionOf(`${id}-1`), atMs: 1, text: JSON.stringify({ session_id: `${id}-1` }) },
      { shopper: userOf(`${id}0`), atMs: 1, text: JSON.stringify({ user_id: `${id}0` }) },
      { shopper: undefined, atMs: 1, text: '{}' },
    ],
    soon(),
  );
}

/** What every feature store promises of erasing a shopper and of proving it. */
export function describeErasureContract(context: () => ContractContext): void {
  describe('erasure', () => {
    it('removes record, log entries and joined sessions, leaves a tombstone each, and counts what went', async () => {
      await context().withShop('erase', async (store) => {
        await fill(store, 'ann');
        expect(await kindsOf(store, 'ann')).toEqual(['event', 'event', 'profile', 'session', 'session', 'slate']);
        const erasure = await store.eraseShopper(userOf('ann'), ERASED_AT_MS, soon());
        expect(erasure).toEqual({ profiles: 1, sessions: 2, events: 4, slates: 2 });
        expect(await kindsOf(store, 'ann')).toEqual(['tombstone']);
        for (const key of [userOf('ann'), sessionOf('ann-1'), sessionOf('ann-2')]) {
          const traces = await allOf(store.findTraces(key));
          expect(traces.map(({ kind }) => kind)).toEqual(['tombstone']);
          expect((await store.readProfile(key, soon()))?.erasedAtMs).toBe(ERASED_AT_MS);
        }
      });
    });

    it('leaves everybody else alone', async () => {
      await context().withShop('erase-others', async (store) => {
        await fill(store, 'ann');
        await store.eraseShopper(userOf('ann'), ERASED_AT_MS, soon());
        expect(await textsOf(store, 'events', userOf('ann0'))).toHaveLength(1);
        expect(await textsOf(store, 'events', sessionOf('ann'))).toHaveLength(1);
        expect(await textsOf(store, 'slates', userOf('ann0'))).toHaveLength(1);
        expect(await textsOf(store, 'slates', undefined)).toHaveLength(1);
        expect((await store.readProfile(userOf('ann0'), soon()))?.eventCounts[0]).toBe(1);
        expect((await store.readProfile(sessionOf('ann'), soon()))?.eventCounts[0]).toBe(1);
      });
    });

    it('keeps nothing but the moment in the tombstone', async () => {
      await context().withShop('erase-tombstone', async (store) => {
        await fill(store, 'ann');
        await store.eraseShopper(userOf('ann'), ERASED_AT_MS, soon());
        const tombstone = await store.readProfile(userOf('ann'), soon());
        expect(tombstone).toMatchObject({ erasedAtMs: ERASED_AT_MS, device: '', joinedSessions: [] });
        expect(tombstone?.attributes.size).toBe(0);
      });
    });

    it('keeps a refusal in the tombstone, so that nobody who said no is followed again, and no consent', async () => {
      await context().withShop('erase-refusal', async (store) => {
        const atMs = ERASED_AT_MS + 2;
        const statements = {
          ann: { state: 'granted', isOptedOut: true },
          bob: { state: 'denied', isOptedOut: false },
        } as const;
        for (const [id, { state, isOptedOut }] of Object.entries(statements)) {
          await fill(store, id);
          const stateIt = (profile: Profile): 'write' => {
            profile.consent = { state, atMs, source: 'banner' };
            profile.optOut = { isOptedOut, atMs, source: 'page' };
            return 'write';
          };
          await store.updateProfile(userOf(id), stateIt, soon());
          await store.eraseShopper(userOf(id), ERASED_AT_MS, soon());
          expect(await kindsOf(store, id)).toEqual(['tombstone']);
          const again = await store.eraseShopper(userOf(id), atMs, soon());
          expect(again).toEqual({ profiles: 0, sessions: 0, events: 0, slates: 0 });
        }
        const [ann, bob] = await Promise.all(['ann', 'bob'].map((id) => store.readProfile(userOf(id), soon())));
        expect(ann).toMatchObject({ erasedAtMs: atMs, consent: UNKNOWN_CONSENT, optOut: { isOptedOut: true } });
        expect(bob).toMatchObject({ erasedAtMs: atMs, consent: { state: 'denied' }, optOut: NOT_OPTED_OUT });
        expect([ann, bob].map((profile) => profile?.attributes.size)).toEqual([0, 0]);
      });
    });

    it('removes nothing the second time, and leaves what came since', async () => {
      await context().withShop('erase-twice', async (store) => {
        await fill(store, 'ann');
        await store.eraseShopper(userOf('ann'), ERASED_AT_MS, soon());
        const nothing = { profiles: 0, sessions: 0, events: 0, slates: 0 };
        expect(await store.eraseShopper(userOf('ann'), ERASED_AT_MS, soon())).toEqual(nothing);
        await store.updateProfile(
          userOf('ann'),
          (profile) => {
            profile.device = 'new life';
            return 'write';
          },
          soon(),
        );
        expect(await store.eraseShopper(userOf('ann'), ERASED_AT_MS - 1, soon())).toEqual(nothing);
        const back = await store.readProfile(userOf('ann'), soon());
        expect(back).toMatchObject({ erasedAtMs: ERASED_AT_MS, device: 'new life' });
        expect(await kindsOf(store, 'ann')).toEqual(['profile']);
      });
    });

    it('puts a tombstone for a shopper it does not know, so that late events find it', async () => {
      const { store } = context();
      const erasure = await store.eraseShopper(userOf('never seen'), ERASED_AT_MS, soon());
      expect(erasure).toEqual({ profiles: 0, sessions: 0, events: 0, slates: 0 });
      expect((await store.readProfile(userOf('never seen'), soon()))?.erasedAtMs).toBe(ERASED_AT_MS);
    });

    it('leaves a session that now belongs to another account', async () => {
      await context().withShop('erase-shared', async (store) => {
        await fill(store, 'ann');
        await store.updateProfile(
          sessionOf('ann-2'),
          (profile) => {
            profile.joinedTo = { userId: 'bob', joinId: 3 };
            return 'write';
          },
          soon(),
        );
        const { sessions } = await store.eraseShopper(userOf('ann'), ERASED_AT_MS, soon());
        expect(sessions).toBe(1);
        expect((await store.readProfile(sessionOf('ann-2'), soon()))?.joinedTo?.userId).toBe('bob');
        expect(await textsOf(store, 'events', sessionOf('ann-2'))).toHaveLength(1);
      });
    });

    it('finishes what an erasure that was cut short left, at whatever point', async () => {
      // Each next attempt has a little more time: some end before the first step, some between the others.
      await context().withShop('erase-cut', async (store) => {
        await fill(store, 'ann');
        const { Deadline } = await import('../core/deadline.ts');
        for (const budgetMs of [0.1, 0.3, 0.6, 1, 1.5, 2, 3]) {
          await store.eraseShopper(userOf('ann'), ERASED_AT_MS, Deadline.after(budgetMs)).catch(() => {});
        }
        await store.eraseShopper(userOf('ann'), ERASED_AT_MS, soon());
        for (const key of [userOf('ann'), sessionOf('ann-1'), sessionOf('ann-2')]) {
          const traces = await allOf(store.findTraces(key));
          expect(traces.map(({ kind }) => kind)).toEqual(['tombstone']);
        }
      });
    });

    it('removes hundreds of entries, beside writers of the same partition', async () => {
      const { store, workers } = context();
      const key = userOf('erase many');
      const texts = Array.from({ length: 900 }, (_, i) => `{"event_id":"${i}"}`);
      await store.updateProfile(key, logged(...texts), soon());
      const others = Array.from({ length: 200 }, (_, i) => ({ key: userOf(`beside-${i}`), change: logged('x') }));
      const [erasure] = await Promise.all([
        store.eraseShopper(key, ERASED_AT_MS, soon()),
        workers[1]!.updateProfiles(others, soon()),
      ]);
      expect(erasure.events).toBe(900);
      for (const { key: other } of others.slice(0, 3)) expect(await textsOf(store, 'events', other)).toEqual(['x']);
    });
  });

  describe('search for traces', () => {
    it('finds entries that name the account under another key, and sessions it has lost track of', async () => {
      await context().withShop('traces', async (store) => {
        await store.updateProfile(
          sessionOf('s'),
          (profile) => {
            profile.joinedTo = { userId: 'ann "{1}" ☃', joinId: 1 };
            return { log: [JSON.stringify({ user_id: 'ann "{1}" ☃' }), JSON.stringify({ user_id: 'ann' })] };
          },
          soon(),
        );
        expect(await kindsOf(store, 'ann "{1}" ☃')).toEqual(['event', 'session']);
        expect(await kindsOf(store, 'ann')).toEqual(['event']);
        expect(await kindsOf(store, 'nobody')).toEqual([]);
      });
    });

    it('says where each lies', async () => {
      await context().withShop('traces-where', async (store) => {
        await store.updateProfile(userOf('ann'), logged('{}'), soon());
        const [profile, event] = await allOf(store.findTraces(userOf('ann')));
        expect(profile).toMatchObject({ key: 'v1:traces-where:{u:ann}:p', kind: 'profile' });
        expect(profile?.detail).toMatch(/^record of \d+ bytes$/);
        expect(event?.kind).toBe('event');
        expect(event?.key).toContain('v1:traces-where:');
      });
    });
  });
}
