import type { Clock } from '../../features/core/clock.ts';
import { type ErrorCode, VitrineError } from '../../features/core/errors.ts';
import type { Logger } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { OnServed } from './served.ts';
import type { Failure } from './slate-draft.ts';
import { STAGES } from './stage-timings.ts';

/** A failing store fails every query: one line per reason in this time says so, with how many it stands for. */
const LOG_INTERVAL_MS = 10_000;

export interface ServedRecorderParts {
  readonly metrics: Pick<Metrics, 'observeStage' | 'observeCandidates' | 'countDegraded' | 'countError'>;
  readonly logger: Pick<Logger, 'warn' | 'error'>;
  readonly clock: Clock;
}

interface LoggedReason {
  lastAtMs: number;
  /** Since the last line. */
  unloggedCount: number;
}

/** Makes the listener that turns served slates into metrics, and failures they survived into log lines. */
export function makeServedRecorder({ metrics, logger, clock }: ServedRecorderParts): OnServed {
  const loggedReasons = new Map<string, LoggedReason>();
  return (slate, query, { stageTimings, candidateCount, failures }) => {
    for (const [number, stage] of STAGES.entries()) metrics.observeStage(stage, stageTimings[number]! / 1_000);
    metrics.observeCandidates(candidateCount);
    if (slate.degraded !== null) metrics.countDegraded(slate.degraded);
    for (const failure of failures) {
      metrics.countError(codeOf(failure));
      const count = countToLog(loggedReasons, failure.reason, clock.nowMs());
      if (count === 0) continue;
      const level = isForPeople(failure) ? 'error' : 'warn';
      const { reason, error } = failure;
      logger[level]('slate degraded', { scene: query.sceneName, tier: slate.degraded?.tier, reason, count, error });
    }
  };
}

function codeOf({ error }: Failure): ErrorCode {
  return error instanceof VitrineError ? error.code : 'REC_INTERNAL';
}

/** A broken record does not heal itself. */
function isForPeople({ error }: Failure): boolean {
  return !(error instanceof VitrineError) || error.category === 'artifact';
}

/** How many failures the line to be written stands for; 0 for none yet. */
function countToLog(reasons: Map<string, LoggedReason>, reason: string, nowMs: number): number {
  let known = reasons.get(reason);
  if (known === undefined) {
    known = { lastAtMs: Number.NEGATIVE_INFINITY, unloggedCount: 0 };
    reasons.set(reason, known);
  }
  known.unloggedCount++;
  if (nowMs - known.lastAtMs < LOG_INTERVAL_MS) return 0;
  const count = known.unloggedCount;
  known.lastAtMs = nowMs;
  known.unloggedCount = 0;
  return count;
}
