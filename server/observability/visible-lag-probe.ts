import { randomUUID } from 'node:crypto';
import { type Clock, systemClock } from '../../features/core/clock.ts';
import { Deadline } from '../../features/core/deadline.ts';
import { asSessionId, sessionKey } from '../../features/core/ids.ts';
import { applyEvent, DEFAULT_PROFILE_POLICY } from '../../features/profile/apply-event.ts';
import { nameHash } from '../../features/profile/event-memory.ts';
import type { Profile } from '../../features/profile/profile.ts';
import type { FeatureStore, ProfileChange } from '../../features/store/feature-store.ts';
import { readShopper } from '../../features/store/read-shopper.ts';

/** The visit of the probe. No request can name it: ids with control characters are refused. */
export const PROBE_KEY = sessionKey(asSessionId('\u0001visible-lag-probe'));

const INTERVAL_MS = 1_000;
const GIVE_UP_MS = 5_000;

export interface VisibleLagProbeParts {
  readonly store: Pick<FeatureStore, 'updateProfiles' | 'readProfile'>;
  /** @param seconds at least {@link GIVE_UP_MS} when the event never showed */
  readonly onLag: (seconds: number) => void;
  /** @defaultValue systemClock */
  readonly clock?: Clock;
}

/**
 * Measures how soon an acknowledged event can be seen, in the running server: once a second it stores an event of its own with the calls
 * of `POST /v1/events` and, from the moment that is acknowledged, reads with those of a recommendation until the event is there.
 *
 * The event is not logged and is of a visit of its own, one for all workers of a shop. A store that fails gives no measurement; its
 * failures are counted where its calls are.
 */
export class VisibleLagProbe {
  private readonly parts: VisibleLagProbeParts;
  private readonly timer: NodeJS.Timeout;
  private isBusy = false;

  constructor(parts: VisibleLagProbeParts) {
    this.parts = parts;
    this.timer = setInterval(() => void this.run(), INTERVAL_MS);
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** One measurement; never fails. */
  async run(): Promise<void> {
    if (this.isBusy) return;
    this.isBusy = true;
    try {
      const lagMs = await this.measure();
      if (lagMs !== undefined) this.parts.onLag(lagMs / 1_000);
    } catch {
      // The store's failures are counted and told where its calls are made for somebody.
    } finally {
      this.isBusy = false;
    }
  }

  private async measure(): Promise<number | undefined> {
    const { store, clock = systemClock } = this.parts;
    const eventId = randomUUID();
    const atMs = clock.nowMs();
    const change = (profile: Profile): ProfileChange => {
      const event = { eventId, type: 'search' as const, atMs, receivedAtMs: atMs, items: [] };
      return applyEvent(profile, event, () => undefined, DEFAULT_PROFILE_POLICY) ? 'write' : 'keep';
    };
    const deadline = Deadline.after(GIVE_UP_MS);
    const [result] = await store.updateProfiles([{ key: PROBE_KEY, change }], deadline);
    if (result?.status !== 'fulfilled') return undefined;
    const acknowledgedMs = performance.now();
    const hash = nameHash(eventId);
    for (;;) {
      const seen = await readShopper(store, PROBE_KEY, Deadline.after(GIVE_UP_MS));
      const lagMs = performance.now() - acknowledgedMs;
      if (seen?.profile.recentEventHashes.includes(hash) === true || lagMs >= GIVE_UP_MS) return lagMs;
    }
  }
}
