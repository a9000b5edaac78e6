import { type CrashReport, runCrash } from './crash/crash-run.ts';
import type { StoreKind } from './lib/bench-store.ts';
import { withCleanup } from './lib/cleanup.ts';
import { describeEnvironment } from './lib/environment.ts';
import { type BenchResult, writeResult } from './lib/result-file.ts';
import { textTable } from './lib/text-table.ts';

export interface CrashBenchOptions {
  /** Events. */
  readonly crash: number;
  readonly store: StoreKind;
  readonly seed: number;
  readonly out: string;
  readonly command: string;
}

/** What a crash run found; the form of the files in bench/results. */
interface CrashResult extends BenchResult {
  readonly seed: number;
  readonly report: CrashReport;
}

/** Each server and the store several times. */
const KILL_COUNT = 9;

/** Sends events while servers and store are killed, and counts what is lost or doubled: nothing may be. */
export async function runCrashBench(options: CrashBenchOptions): Promise<CrashResult> {
  const { crash: eventCount, store, seed } = options;
  const environment = describeEnvironment(options.command);
  const onStep = (step: string): void => void process.stderr.write(`${step}\n`);
  const report = await withCleanup((cleanup) =>
    runCrash({ store, eventCount, killCount: KILL_COUNT, seed, onStep }, cleanup),
  );
  const result: CrashResult = {
    format: 'vitrine-bench-result',
    formatVersion: 1,
    bench: `crash-${store}`,
    environment,
    faults: report.faults,
    seed,
    report,
  };
  process.stdout.write(`${describeReport(report)}\n`);
  const [file] = await writeResult(options.out, result, {});
  process.stdout.write(`\nwritten: ${file}\n`);
  return result;
}

function describeReport({ eventCount, elapsedMs, kills, sent, losses, faults }: CrashReport): string {
  const list = (counts: Readonly<Record<string, number>>): string =>
    Object.entries(counts)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ') || 'none';
  const rows = [
    ['events acknowledged', String(eventCount)],
    ['counted in profiles', String(losses.countedEvents)],
    ['in the event log', String(losses.loggedEvents)],
    ['shoppers with wrong counts', String(losses.wrongShoppers)],
    ['lost in the log', String(losses.lostInLog)],
    ['doubled in the log', String(losses.doubledInLog)],
    ['events sent, repetitions included', String(sent.sentCount)],
    ['called duplicates by the servers', String(sent.duplicateCount)],
    ['requests not acknowledged', list(sent.unacknowledged)],
    ['killed with SIGKILL', list(kills)],
    ['seconds', (elapsedMs / 1_000).toFixed(1)],
  ];
  const verdict = faults.length === 0 ? ['Nothing lost, nothing doubled.'] : ['FAILED:', ...faults];
  return [textTable(['crash run', ''], rows), '', ...verdict].join('\n');
}
