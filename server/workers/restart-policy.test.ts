import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../features/core/clock.ts';
import { CRASH_LOOP_DEATHS, RestartPolicy, SOUND_AFTER_MS } from './restart-policy.ts';

describe('RestartPolicy', () => {
  it('starts again at once, then after waits that double up to ten seconds', () => {
    const policy = new RestartPolicy(new ManualClock(0));
    const waits = Array.from({ length: 9 }, () => policy.onDeath());
    expect(waits).toEqual([0, 250, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
  });

  it('calls it a crash loop from the third death on, also while the worker answers for a moment', () => {
    const clock = new ManualClock(0);
    const policy = new RestartPolicy(clock);
    for (let death = 1; death <= CRASH_LOOP_DEATHS; death++) {
      expect(policy.isCrashLooping).toBe(false);
      policy.onReady();
      clock.advance(SOUND_AFTER_MS - 1);
      policy.onDeath();
    }
    expect(policy.isCrashLooping).toBe(true);
    policy.onReady();
    expect(policy.isCrashLooping).toBe(true);
  });

  it('forgets deaths once the worker has answered for half a minute', () => {
    const clock = new ManualClock(0);
    const policy = new RestartPolicy(clock);
    for (let death = 0; death < 5; death++) policy.onDeath();
    policy.onReady();
    clock.advance(SOUND_AFTER_MS);
    expect(policy.isCrashLooping).toBe(false);
    expect(policy.onDeath()).toBe(0);
    expect(policy.onDeath()).toBe(250);
  });
});
