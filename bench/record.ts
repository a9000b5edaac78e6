import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Command, InvalidArgumentError } from 'commander';
import { ownScript } from './lib/own-script.ts';
import { MEMORY_NAME, PUBLISHED_SWEEPS, REFERENCE_NAME, sweepFileName } from './lib/published-results.ts';

/** One command of a recording: its name, and script and arguments as `npm run` would be given them. */
interface Recording {
  readonly name: string;
  readonly script: 'main' | 'guard';
  readonly args: readonly string[];
}

/** Everything that documents state, most wanted first; sizes that others use come before them, since bundles are kept. */
const RECORDINGS: readonly Recording[] = [
  { name: REFERENCE_NAME, script: 'main', args: ['--name', REFERENCE_NAME] },
  ...PUBLISHED_SWEEPS.map(
    (sweep): Recording => ({
      name: sweepFileName(sweep),
      script: 'main',
      args: ['--sweep', sweep, '--passes', '3', '--name', sweepFileName(sweep)],
    }),
  ),
  { name: MEMORY_NAME, script: 'main', args: ['--memory', '--name', MEMORY_NAME] },
  {
    name: 'guard',
    script: 'guard',
    args: [
      '--runs',
      '10',
      '--disturb',
      '1',
      '--record',
      'bench/results/guard-runs.json',
      '--set-thresholds',
      'bench/guard-thresholds.json',
    ],
  },
];
const NAMES = RECORDINGS.map(({ name }) => name);

function namesOf(text: string): readonly string[] {
  const names = text.split(',');
  const unknown = names.find((name) => !NAMES.includes(name));
  if (unknown === undefined) return names;
  throw new InvalidArgumentError(`there is no ${unknown}; expected some of ${NAMES.join(', ')}.`);
}

async function main(): Promise<void> {
  const program = new Command('npm run bench:record --')
    .description('Records every result that documents state, one after another; then run `npm run bench:table`.')
    .argument('[args...]', 'after a further --: added to each `npm run bench`, as for a small try')
    .option('--only <list>', `some of ${NAMES.join(', ')}, separated by commas`, namesOf, NAMES)
    .parse();
  const { only } = program.opts<{ only: readonly string[] }>();
  const outcomes: string[] = [];
  for (const { name, script, args } of RECORDINGS) {
    if (!only.includes(name)) continue;
    process.stdout.write(`\n=== ${name}\n`);
    const startMs = performance.now();
    const code = await run([...ownScript(script), ...args, ...(script === 'main' ? program.args : [])]);
    const minutes = ((performance.now() - startMs) / 60_000).toFixed(1);
    outcomes.push(`${name}: ${code === 0 ? 'recorded' : `ended with ${code}, see above`} (${minutes} min)`);
    if (code !== 0) process.exitCode = 1;
  }
  process.stdout.write(`\n${outcomes.join('\n')}\n`);
}

/** A signal reaches the whole group: the bench that runs ends by itself, and cleans up. */
async function run(args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, [...process.execArgv, ...args], { stdio: 'inherit' });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}

await main();
