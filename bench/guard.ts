import { Command, Option } from 'commander';
import { messageOf, VitrineError } from '../features/core/errors.ts';
import { integer } from './lib/bench-flags.ts';
import { describeEnvironment, loadAverage } from './lib/environment.ts';
import { type RecordedRun, readRuns, recordOf, thresholdsFrom, writeJson } from './lib/guard-record.ts';
import { GUARD_SIZES, type GuardOutcome, passes, runGuard } from './lib/guard-run.ts';
import {
  describeThreshold,
  GUARD_RATIO_NAMES,
  GUARD_RATIOS,
  type GuardRatio,
  readThresholds,
  type Thresholds,
} from './lib/guard-thresholds.ts';
import { SLOWED_KINDS, type SlowedKind } from './lib/slowed-build.ts';
import { textTable } from './lib/text-table.ts';

interface Flags {
  readonly slowed?: SlowedKind;
  readonly plainService: boolean;
  readonly runs: number;
  readonly disturb: number;
  readonly record?: string;
  readonly add: boolean;
  readonly setThresholds?: string;
}

function parseFlags(): Flags {
  return new Command('npm run bench:guard --')
    .description('Fails when a request costs more than the committed multiples of what it cannot do without.')
    .allowExcessArguments(false)
    .addOption(
      new Option('--slowed <kind>', 'makes the build slower than it is, to see the guard fail').choices(SLOWED_KINDS),
    )
    .option('--no-plain-service', 'leaves out the ratio that needs its packages')
    .option('--runs <n>', 'repeats the guard from the start', integer(1, 100), 1)
    .option('--disturb <n>', 'processes that keep the machine busy during every second run', integer(0, 16), 0)
    .option('--record <file>', 'writes the runs as JSON, to justify thresholds')
    .option('--add', 'keeps the runs that file has, as those of another kind of machine', false)
    .option('--set-thresholds <file>', 'writes the thresholds that the runs justify')
    .parse()
    .opts<Flags>();
}

async function main(): Promise<boolean> {
  const flags = parseFlags();
  const thresholds = readThresholds();
  const ratios = GUARD_RATIO_NAMES.filter((name) => flags.plainService || name !== 'capacityToPlain');
  const environment = describeEnvironment(['npm run bench:guard --', ...process.argv.slice(2)].join(' '));
  const { commit, cpuModel } = environment;
  const runs = await runsToAddTo(flags);
  let isPassed = true;
  for (let run = 0; run < flags.runs; run++) {
    const disturbingProcesses = run % 2 === 1 ? flags.disturb : 0;
    const before = { at: new Date().toISOString(), loadAverageBefore: loadAverage(), disturbingProcesses };
    const slowed = flags.slowed === undefined ? {} : { slowed: flags.slowed };
    const outcome = await runGuard({
      sizes: GUARD_SIZES,
      thresholds,
      ratios,
      ...slowed,
      disturbingProcesses,
      onStep: say,
    });
    isPassed &&= outcome.failed.length === 0;
    process.stdout.write(`${describe(outcome, ratios, thresholds)}\n`);
    runs.push({ ...before, commit, cpuModel, ...outcome.attempts[0]! });
    if (flags.record !== undefined) await writeJson(flags.record, recordOf(environment, runs));
  }
  if (flags.setThresholds !== undefined) {
    await writeJson(flags.setThresholds, thresholdsFrom(recordOf(environment, runs)));
  }
  return isPassed;
}

/** Errors: REC_INVALID_CONFIG for `--add` without a record it can add to. */
async function runsToAddTo({ add, record }: Flags): Promise<RecordedRun[]> {
  if (!add) return [];
  if (record !== undefined) return [...(await readRuns(record))];
  throw new VitrineError('REC_INVALID_CONFIG', '--add: there is no --record <file> whose runs to keep');
}

function describe({ failed, attempts }: GuardOutcome, asked: readonly GuardRatio[], thresholds: Thresholds): string {
  const rows = asked.map((name) => {
    const cells = attempts.map((attempt) => {
      const ratio = attempt.ratios[name];
      if (ratio === undefined) return '';
      return passes(attempt, name, thresholds) ? String(ratio) : `${ratio} !`;
    });
    return [GUARD_RATIOS[name], ...cells, describeThreshold(thresholds[name])];
  });
  const headings = ['ratio', ...attempts.map((_, i) => `attempt ${i + 1}`), 'threshold'];
  const lines = [textTable(headings, rows)];
  for (const [i, { faults, figures }] of attempts.entries()) {
    const shown = Object.entries(figures).map(([name, value]) => `${name} ${Math.round(value)}`);
    lines.push(`attempt ${i + 1}: ${shown.join(', ')}`, ...faults.map((fault) => `  not valid: ${fault}`));
  }
  lines.push(
    failed.length === 0
      ? 'latency guard: passed'
      : `latency guard: FAILED for ${failed.join(', ')} in ${attempts.length} attempts; find what a request does besides (npm run bench -- --micro stages)`,
  );
  return lines.join('\n');
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
