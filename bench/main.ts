import { messageOf, VitrineError } from '../features/core/errors.ts';
import { checkSizes, parseBenchFlags } from './lib/bench-flags.ts';
import { runMicroBench } from './micro/micro-benches.ts';

async function main(): Promise<void> {
  const args = process.argv.slice(2);
  const flags = parseBenchFlags(args);
  const command = ['npm run bench --', ...args].join(' ');
  if (flags.micro !== undefined) return runMicroBench(flags.micro);
  // Loaded only now: flags are answered without waiting for native libraries.
  if (flags.demo === true) {
    const { runDemoBench } = await import('./run-demo.ts');
    const { faults } = await runDemoBench({ ...flags, command });
    if (faults.length > 0) process.exitCode = 1;
    return;
  }
  checkSizes(flags);
  const { runSyntheticBench } = await import('./run-synthetic.ts');
  const { faults } = await runSyntheticBench({ ...flags, command });
  if (faults.length > 0) process.exitCode = 1;
}

main().then(
  // Native libraries keep threads; nothing is left to wait for.
  () => process.exit(),
  (error: unknown) => {
    const isForPeople = error instanceof VitrineError && error.category !== 'bug';
    const text = isForPeople || !(error instanceof TypeError) ? messageOf(error) : error.stack;
    process.stderr.write(`bench: ${text}\n`, () => process.exit(1));
  },
);
