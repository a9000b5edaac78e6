import { describe, expect, it } from 'vitest';
import { Deadline } from '../core/deadline.ts';
import { asUserId, type ShopperKey, userKey } from '../core/ids.ts';
import type { Profile } from '../profile/profile.ts';
import { encodeProfile } from '../profile/profile-codec.ts';
import type { ProfileChange } from './feature-store.ts';
import { type ProfileRecords, ProfileUpdater, type ProfileWrite, type StoredRecord } from './profile-updater.ts';

const shopper: ShopperKey = userKey(asUserId('a'));
const soon = (): Deadline => Deadline.after(5_000);

const countOne = (profile: Profile): ProfileChange => {
  profile.eventCounts[0]! += 1;
  return 'write';
};

/** One record in memory; reads for `shopper` are answered when the test lets them. */
class HeldRecords implements ProfileRecords<number> {
  readonly calls: string[] = [];
  readonly log: string[] = [];
  profile: Uint8Array | undefined;
  version = 0;
  private release: (() => void) | undefined;
  private held: Promise<void> | undefined;

  hold(): void {
    this.held = new Promise((resolve) => {
      this.release = resolve;
    });
  }

  letGo(): void {
    this.held = undefined;
    this.release?.();
  }

  async read(keys: readonly ShopperKey[]): Promise<PromiseSettledResult<StoredRecord<number>>[]> {
    this.calls.push('read');
    if (keys.includes(shopper)) await this.held;
    return keys.map(() => ({ status: 'fulfilled', value: { bytes: this.profile, token: this.version } }));
  }

  async compareAndSet(
    writes: readonly ProfileWrite<number>[],
  ): Promise<PromiseSettledResult<StoredRecord<number> | undefined>[]> {
    return writes.map(({ token, record, log }) => {
      this.calls.push(token === this.version ? 'set' : 'conflict');
      if (token !== this.version) return { status: 'fulfilled', value: { bytes: this.profile, token: this.version } };
      this.storeRecord(record);
      this.log.push(...log);
      return { status: 'fulfilled', value: undefined };
    });
  }

  /** As another process would. */
  encode(profile: Profile): Uint8Array {
    return encodeProfile(profile, new Uint8Array(8));
  }

  store(profile: Profile): void {
    this.storeRecord(this.encode(profile));
  }

  private storeRecord(record: Uint8Array): void {
    this.profile = record;
    this.version += 1;
  }
}

describe('profile updater', () => {
  it('brings all that waited behind one write into the next one, in order', async () => {
    const records = new HeldRecords();
    const updater = new ProfileUpdater(records);
    const order: number[] = [];
    records.hold();
    const updates = Array.from({ length: 5 }, (_, i) =>
      updater.update(
        shopper,
        (profile) => {
          order.push(i);
          return countOne(profile);
        },
        soon(),
      ),
    );
    records.letGo();
    await Promise.all(updates);
    expect(records.calls).toEqual(['read', 'set', 'read', 'set']);
    expect(order).toEqual([0, 1, 2, 3, 4]);
  });

  it('bounds how many changes one write carries', async () => {
    const records = new HeldRecords();
    const updater = new ProfileUpdater(records);
    records.hold();
    const updates = Array.from({ length: 1 + 64 + 1 }, () => updater.update(shopper, countOne, soon()));
    records.letGo();
    await Promise.all(updates);
    expect(records.calls.filter((call) => call === 'set')).toHaveLength(3);
  });

  it('applies the change again to what another process left', async () => {
    const records = new HeldRecords();
    const updater = new ProfileUpdater(records);
    let intruders = 3;
    let seen: number | undefined;
    await updater.update(
      shopper,
      (profile) => {
        seen = profile.eventCounts[0];
        if (intruders > 0) {
          intruders--;
          records.store({ ...profile, eventCounts: profile.eventCounts.map((count) => count + 10) });
        }
        return countOne(profile);
      },
      soon(),
    );
    expect(seen).toBe(30);
    expect(records.calls).toEqual(['read', 'conflict', 'conflict', 'read', 'conflict', 'read', 'set']);
  });

  it('gives up at the deadline when another process always comes first', async () => {
    const records = new HeldRecords();
    const updater = new ProfileUpdater(records);
    const update = updater.update(
      shopper,
      (profile) => {
        records.store(profile);
        return 'write';
      },
      Deadline.after(30),
    );
    await expect(update).rejects.toMatchObject({ code: 'REC_DEADLINE_EXCEEDED' });
    const callsAtDeadline = records.calls.length;
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(records.calls.length - callsAtDeadline).toBeLessThanOrEqual(2);
  });

  it('writes nothing when every change says keep', async () => {
    const records = new HeldRecords();
    await new ProfileUpdater(records).update(shopper, () => 'keep', soon());
    expect(records.calls).toEqual(['read']);
  });

  it('does not run the change of a caller that has run out of time', async () => {
    const records = new HeldRecords();
    const updater = new ProfileUpdater(records);
    let runs = 0;
    records.hold();
    const first = updater.update(shopper, countOne, soon());
    const late = updater.update(
      shopper,
      () => {
        runs++;
        return 'write';
      },
      Deadline.after(5),
    );
    await expect(late).rejects.toMatchObject({ code: 'REC_DEADLINE_EXCEEDED' });
    // Timers may fire a millisecond early.
    await new Promise((resolve) => setTimeout(resolve, 5));
    records.letGo();
    await first;
    await updater.update(shopper, countOne, soon());
    expect(runs).toBe(0);
  });

  it('tells a failure of the store to all that shared the write, and then works again', async () => {
    const records = new HeldRecords();
    const updater = new ProfileUpdater(records);
    const read = records.read.bind(records);
    records.read = async () => {
      throw new Error('down');
    };
    await expect(updater.update(shopper, countOne, soon())).rejects.toThrow('down');
    records.read = read;
    await updater.update(shopper, countOne, soon());
    expect(records.calls).toEqual(['read', 'set']);
  });

  it('does not let one shopper wait for another', async () => {
    const records = new HeldRecords();
    const updater = new ProfileUpdater(records);
    records.hold();
    const held = updater.update(shopper, countOne, soon());
    await updater.update(userKey(asUserId('b')), countOne, soon());
    records.letGo();
    await held;
    expect(records.calls).toEqual(['read', 'read', 'set', 'set']);
  });

  it('refuses a change whose record cannot be decoded, and leaves the record', async () => {
    const records = new HeldRecords();
    records.profile = Uint8Array.of(1, 2, 3);
    await expect(new ProfileUpdater(records).update(shopper, countOne, soon())).rejects.toMatchObject({
      code: 'REC_RECORD_INVALID',
    });
    expect(records.profile).toEqual(Uint8Array.of(1, 2, 3));
  });
});
