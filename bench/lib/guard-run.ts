import { freePort } from '../../features/store/testing/redis-server.ts';
import { startDelayProxy } from '../load/delay-proxy.ts';
import { type AloneReport, measureAlone } from './alone.ts';
import { withCleanup } from './cleanup.ts';
import { startSyntheticService, warmUp } from './synthetic-service.ts';

/** What the guard measures; the committed runs are of these sizes. */
export const GUARD_SIZES = { items: 2_000, candidates: 100, warmUp: 2_000, rounds: 60, perRound: 30 } as const;

export interface GuardOptions {
  readonly items: number;
  readonly candidates: number;
  readonly warmUp: number;
  readonly rounds: number;
  readonly perRound: number;
  /** Service p50 / sum of the bare calls' p50s that must not be exceeded. */
  readonly limit: number;
  /** Holds every request back by this many milliseconds on its way to the server; 0 for none. */
  readonly slowMs: number;
  readonly onStep: (step: string) => void;
}

export interface GuardOutcome {
  readonly isPassed: boolean;
  /** The first, and a second one when the first did not pass. */
  readonly attempts: readonly AloneReport[];
}

/** Shops and shoppers are alike, so that only the code makes a difference. */
const SEED = 1;
const SHOPPERS = 1_000;
const SLATE_SIZE = 20;
const EMBEDDING_DIM = 64;
const MAX_ATTEMPTS = 2;
/** Budgets that a disturbance seldom reaches: requests go the whole way, and a slow one counts as slow instead of degraded. */
const BUDGETS = { requestMs: 2_000, storeMs: 600, retrievalMs: 600, rankMs: 600 };

/**
 * Compares what a request costs over HTTP with the calls it cannot do without, measured in turns in the same run: a ratio, since times
 * differ between machines and moments. Passes when it is within the limit at the first or the second attempt.
 */
export function runGuard(options: GuardOptions): Promise<GuardOutcome> {
  const { items, candidates, rounds, perRound, slowMs, onStep } = options;
  return withCleanup(async (cleanup) => {
    const service = await startSyntheticService(
      {
        itemCount: items,
        candidateCount: candidates,
        shopperCount: SHOPPERS,
        slateSize: SLATE_SIZE,
        embeddingDim: EMBEDDING_DIM,
        seed: SEED,
        store: 'redis',
        port: await freePort(),
        bundlesFolder: undefined,
        budgets: BUDGETS,
        onStep,
      },
      cleanup,
    );
    const { generator, floor, server } = service;
    await warmUp(service, options.warmUp);
    const port = slowMs > 0 ? await startDelayProxy(server.port, slowMs, cleanup) : server.port;
    const attempts: AloneReport[] = [];
    while (attempts.length < MAX_ATTEMPTS) {
      onStep(
        `attempt ${attempts.length + 1}: ${rounds} rounds of ${perRound} requests and ${perRound} runs of the bare calls`,
      );
      floor.forget();
      const attempt = await measureAlone({
        generator,
        floor,
        host: server.host,
        port,
        pingPort: server.port,
        rounds,
        perRound,
      });
      attempts.push(attempt);
      if (isWithin(attempt, options.limit)) return { isPassed: true, attempts };
    }
    return { isPassed: false, attempts };
  });
}

/** Whether an attempt passes: every request got a full answer, and the ratio is at most the limit. */
export function isWithin(attempt: Pick<AloneReport, 'isClean' | 'ratio'>, limit: number): boolean {
  return attempt.isClean && attempt.ratio <= limit;
}
