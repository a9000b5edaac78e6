import { afterEach, describe, expect, it } from 'vitest';
import type { Deadline } from '../../features/core/deadline.ts';
import { VitrineError } from '../../features/core/errors.ts';
import type { ShopperKey } from '../../features/core/ids.ts';
import type { Profile } from '../../features/profile/profile.ts';
import { decodeEvent } from '../routes/decode-event.ts';
import { MemoryProfileStore } from '../routes/testing/memory-profile-store.ts';
import { PROBE_KEY, VisibleLagProbe } from './visible-lag-probe.ts';

let probe: VisibleLagProbe | undefined;
afterEach(() => probe?.stop());

/** A store whose reads stay behind its writes. */
class LateStore extends MemoryProfileStore {
  readCount = 0;
  private readonly lateReads: number;

  constructor(lateReads = 0) {
    super();
    this.lateReads = lateReads;
  }

  override async readProfile(key: ShopperKey, _deadline: Deadline): Promise<Profile | undefined> {
    this.readCount += 1;
    return this.readCount <= this.lateReads ? undefined : super.readProfile(key);
  }
}

function measuring(store: LateStore): { lags: number[]; run: () => Promise<void> } {
  const lags: number[] = [];
  const started = new VisibleLagProbe({ store, onLag: (seconds) => lags.push(seconds) });
  probe = started;
  return { lags, run: () => started.run() };
}

describe('VisibleLagProbe', () => {
  it('times how long an event of its own takes to show', async () => {
    const store = new LateStore();
    const { lags, run } = measuring(store);
    await run();
    await run();
    expect(lags).toHaveLength(2);
    expect(Math.min(...lags)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...lags)).toBeLessThan(5);
    expect(store.profiles.get(PROBE_KEY)?.recentEventHashes).toHaveLength(2);
  });

  it('reads again until the event is there', async () => {
    const store = new LateStore(3);
    const { lags, run } = measuring(store);
    await run();
    expect([lags.length, store.readCount]).toEqual([1, 4]);
  });

  it('leaves nothing in the event log', async () => {
    const store = new LateStore();
    await measuring(store).run();
    expect(store.writeCount).toBe(1);
    expect(store.log).toEqual([]);
  });

  it('measures nothing while the store fails, and fails nobody', async () => {
    const store = new LateStore();
    store.failures.set('*', new VitrineError('REC_STORE_UNAVAILABLE', 'down'));
    const { lags, run } = measuring(store);
    await run();
    expect(lags).toEqual([]);
    store.failures.clear();
    await run();
    expect(lags).toHaveLength(1);
  });

  it('is of a visit that no request can name', () => {
    const event = { event_id: 'e', event: 'search', timestamp: 5, session_id: PROBE_KEY.slice(2) };
    const decoded = decodeEvent(event, { nowMs: 5, maxFutureSkewMs: 0, maxEventAgeMs: 1 });
    expect(decoded).toMatchObject({ isAccepted: false, detail: expect.stringContaining('session_id') });
  });
});
