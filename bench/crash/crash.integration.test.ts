import { describe, expect, it } from 'vitest';
import { STORE_KINDS } from '../lib/bench-store.ts';
import { Cleanup } from '../lib/cleanup.ts';
import { runCrash } from './crash-run.ts';

/** The full size: `npm run bench -- --crash 1000000`. */
const EVENT_COUNT = 20_000;
const KILL_COUNT = 3;
/** Half a minute when nothing else runs. */
const TIMEOUT_MS = 300_000;

describe.each(STORE_KINDS)('events on %s, while servers and store are killed', (store) => {
  it(
    'count once in profiles and log when they were acknowledged, whatever order they come in and however often',
    async () => {
      const cleanup = new Cleanup();
      try {
        const report = await runCrash({ store, eventCount: EVENT_COUNT, killCount: KILL_COUNT, seed: 1 }, cleanup);
        expect(report.faults).toEqual([]);
        expect(report.losses).toMatchObject({ countedEvents: EVENT_COUNT, loggedEvents: EVENT_COUNT });
        expect(Object.values(report.kills).reduce((sum, count) => sum + count, 0)).toBe(KILL_COUNT);
        expect(report.sent.duplicateCount).toBeGreaterThan(EVENT_COUNT / 20);
        expect(Object.keys(report.sent.unacknowledged).length).toBeGreaterThan(0);
      } finally {
        await cleanup.run();
      }
    },
    TIMEOUT_MS,
  );
});
