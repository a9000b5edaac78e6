import { VitrineError } from '../../features/core/errors.ts';
import {
  joinSnapshots,
  labelledByWorker,
  type MetricSnapshot,
  renderJoined,
  totalsOf,
} from '../observability/join-metrics.ts';
import type { SupervisorMetrics } from '../observability/supervisor-metrics.ts';
import type { CheckResult, OperationsSource, RenderedMetrics } from '../routes/operations.ts';
import type { WorkerSlot } from './worker-slot.ts';

type Slot = Pick<WorkerSlot, 'number' | 'isAnswering' | 'isReady' | 'isCrashLooping' | 'ask'>;

export interface JoinedOperationsParts {
  readonly slots: readonly Slot[];
  readonly metrics: SupervisorMetrics;
  readonly isStopping: () => boolean;
}

/** Health and metrics of all workers together. */
export class JoinedOperations implements OperationsSource {
  private readonly parts: JoinedOperationsParts;
  /** By number of the worker: the last each process told, for when it is too busy to answer, or gone. */
  private readonly lastSnapshots = new Map<number, MetricSnapshot>();
  /** Totals of processes that are gone; what they counted after their last scrape is lost. */
  private readonly pastTotals: MetricSnapshot[] = [];
  private scraping: Promise<RenderedMetrics> | undefined;

  constructor(parts: JoinedOperationsParts) {
    this.parts = parts;
  }

  /** `workers` fails when fewer than half can be counted on: what is left would be overrun. */
  readonly readiness = async (): Promise<readonly CheckResult[]> => {
    const { slots } = this.parts;
    const answering = slots.filter((slot) => slot.isAnswering);
    const answers = await Promise.allSettled(answering.map((slot) => slot.ask('readiness')));
    const told = answers.filter((answer) => answer.status === 'fulfilled').map((answer) => answer.value);
    const readyCount = slots.filter(
      (slot) => slot.isReady && answers[answering.indexOf(slot)]?.status === 'fulfilled',
    ).length;
    return [...this.ownChecks(readyCount), ...joinChecks(told)];
  };

  /** Asked for twice at a time, the workers are asked once. */
  readonly metrics = (): Promise<RenderedMetrics> => {
    this.scraping ??= this.scrape().finally(() => {
      this.scraping = undefined;
    });
    return this.scraping;
  };

  /** The process in this place is gone. */
  onEnd(workerNumber: number): void {
    const last = this.lastSnapshots.get(workerNumber);
    this.lastSnapshots.delete(workerNumber);
    if (last !== undefined) this.pastTotals.push(totalsOf(last));
  }

  private ownChecks(readyCount: number): CheckResult[] {
    const { slots, isStopping } = this.parts;
    const neededCount = Math.ceil(slots.length / 2);
    const loopCount = slots.filter((slot) => slot.isCrashLooping).length;
    const detail = `${readyCount} of ${slots.length} ready${loopCount === 0 ? '' : `, ${loopCount} in a crash loop`}`;
    const check = (name: string, required: boolean, least: number): CheckResult => ({
      ...{ name, status: readyCount >= least ? 'ok' : 'failed', required, detail },
    });
    const checks = [check('workers', true, neededCount), check('all_workers', false, slots.length)];
    if (isStopping()) checks.push({ name: 'stopping', status: 'failed', required: true, detail: 'told to stop' });
    return checks;
  }

  private async scrape(): Promise<RenderedMetrics> {
    const { slots, metrics } = this.parts;
    metrics.setWorkers(slots.length, slots.filter((slot) => slot.isReady).length);
    await Promise.all(slots.map((slot) => this.refresh(slot)));
    const own = labelledByWorker(await metrics.snapshot(), 'supervisor');
    const ofWorkers = [...this.lastSnapshots].map(([number, snapshot]) => labelledByWorker(snapshot, String(number)));
    const rendered = await renderJoined([...ofWorkers, ...this.pastTotals, own]);
    await this.compactPast();
    return rendered;
  }

  private async refresh(slot: Slot): Promise<void> {
    if (!slot.isAnswering) return;
    try {
      this.lastSnapshots.set(slot.number, await slot.ask('metrics'));
    } catch (error) {
      if (!(error instanceof VitrineError)) throw error;
      // Too busy, or gone just now: what it told last stands for it.
    }
  }

  private async compactPast(): Promise<void> {
    const { length } = this.pastTotals;
    if (length < 2) return;
    const joined = await joinSnapshots(this.pastTotals.slice(0, length));
    this.pastTotals.splice(0, length, joined);
  }
}

/** A check of all workers fails when one's does; details that differ, as versions during a change of the model, are all told. */
function joinChecks(told: readonly (readonly CheckResult[])[]): CheckResult[] {
  const byName = new Map<string, CheckResult[]>();
  for (const check of told.flat()) byName.set(check.name, [...(byName.get(check.name) ?? []), check]);
  return [...byName].map(([name, checks]) => {
    const failed = checks.filter(({ status }) => status === 'failed');
    const shown = failed.length > 0 ? failed : checks;
    return {
      name,
      status: failed.length > 0 ? 'failed' : 'ok',
      required: checks.some(({ required }) => required),
      detail: [...new Set(shown.map(({ detail }) => detail))].join(', '),
    };
  });
}
