import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Command } from 'commander';
import { messageOf } from '../features/core/errors.ts';
import { type AloneReport, median } from './lib/alone.ts';
import { integer } from './lib/bench-flags.ts';
import { describeEnvironment, loadAverage } from './lib/environment.ts';
import { FLOOR_CALLS } from './lib/floor.ts';
import { GUARD_SIZES, type GuardOutcome, isWithin, runGuard } from './lib/guard-run.ts';
import { asMs, textTable } from './lib/text-table.ts';

interface Flags {
  readonly slowMs: number;
  readonly runs: number;
  readonly record?: string;
}

/** The committed thresholds; what they are and why in bench/README.md. */
interface Thresholds {
  readonly serviceToFloor: { readonly limit: number };
}

/** One run as it is kept to justify a threshold. */
interface RecordedRun {
  readonly at: string;
  /** Processes that wanted a core in the minute before: how disturbed the machine was. */
  readonly loadAverageBefore: number;
  readonly ratio: number;
  readonly serviceP50Us: number;
  readonly sumOfP50Us: number;
  readonly isClean: boolean;
}

function parseFlags(): Flags {
  return new Command('npm run bench:guard --')
    .description('Fails when a request costs more than the committed multiple of the calls it cannot do without.')
    .allowExcessArguments(false)
    .option('--slow-ms <n>', 'holds each request back, to see the guard fail', integer(0, 10_000), 0)
    .option('--runs <n>', 'repeats the guard from the start', integer(1, 100), 1)
    .option('--record <file>', 'writes the runs as JSON, to justify a threshold')
    .parse()
    .opts<Flags>();
}

async function main(): Promise<boolean> {
  const flags = parseFlags();
  const thresholds = JSON.parse(
    readFileSync(new URL('./guard-thresholds.json', import.meta.url), 'utf8'),
  ) as Thresholds;
  const { limit } = thresholds.serviceToFloor;
  const command = ['npm run bench:guard --', ...process.argv.slice(2)].join(' ');
  const recorded: RecordedRun[] = [];
  const environment = describeEnvironment(command);
  let isPassed = true;
  for (let run = 0; run < flags.runs; run++) {
    const before = { at: new Date().toISOString(), loadAverageBefore: loadAverage() };
    const outcome = await runGuard({ ...GUARD_SIZES, limit, slowMs: flags.slowMs, onStep: say });
    isPassed &&= outcome.isPassed;
    process.stdout.write(`${describe(outcome, limit)}\n`);
    for (const attempt of outcome.attempts) recorded.push(recordOf(attempt, before));
    if (flags.record !== undefined) await writeRecord(flags.record, { environment, recorded, limit });
  }
  return isPassed;
}

function recordOf(
  { ratio, serviceUs, floor, isClean }: AloneReport,
  { at, loadAverageBefore }: Pick<RecordedRun, 'at' | 'loadAverageBefore'>,
): RecordedRun {
  return { at, loadAverageBefore, ratio, serviceP50Us: serviceUs.p50, sumOfP50Us: floor.sumOfP50Us, isClean };
}

async function writeRecord(
  file: string,
  { environment, recorded, limit }: { environment: object; recorded: readonly RecordedRun[]; limit: number },
): Promise<void> {
  const ratios = recorded.map(({ ratio }) => ratio);
  const summary = { count: ratios.length, min: Math.min(...ratios), median: median(ratios), max: Math.max(...ratios) };
  const content = {
    format: 'vitrine-guard-runs',
    formatVersion: 1,
    environment,
    sizes: GUARD_SIZES,
    limit,
    summary,
    runs: recorded,
  };
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(content, null, 2)}\n`);
}

function describe({ isPassed, attempts }: GuardOutcome, limit: number): string {
  const rows = attempts.map((attempt, i) => {
    const { callsUs, sumOfP50Us } = attempt.floor;
    const calls = FLOOR_CALLS.map((call) => asMs(callsUs[call].p50));
    const verdict = isWithin(attempt, limit) ? 'within' : attempt.isClean ? 'over' : 'not clean';
    return [
      `attempt ${i + 1}`,
      ...calls,
      asMs(sumOfP50Us),
      asMs(attempt.serviceUs.p50),
      String(attempt.ratio),
      verdict,
    ];
  });
  const headings = ['p50 in milliseconds', ...FLOOR_CALLS, 'sum', 'service', 'ratio', `limit ${limit}`];
  const faults = attempts
    .filter(({ isClean }) => !isClean)
    .map(({ outcomes }) => `not clean: ${JSON.stringify(outcomes)}`);
  const verdict = isPassed
    ? 'latency guard: passed'
    : `latency guard: FAILED, a request costs more than ${limit} times its bare calls in ${attempts.length} attempts; find what it does besides (npm run bench)`;
  return [textTable(headings, rows), ...faults, verdict].join('\n');
}

function say(step: string): void {
  process.stderr.write(`${step}\n`);
}

main().then(
  // Native libraries keep threads; nothing is left to wait for.
  (isPassed) => process.exit(isPassed ? 0 : 1),
  (error: unknown) => {
    process.stderr.write(`bench:guard: ${messageOf(error)}\n`, () => process.exit(1));
  },
);
