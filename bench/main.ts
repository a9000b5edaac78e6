import { messageOf, VitrineError } from '../features/core/errors.ts';
import { type BenchFlags, checkSizes, parseBenchFlags } from './lib/bench-flags.ts';
import { requireFreePort } from './lib/own-process.ts';
import { runMicroBench } from './micro/micro-benches.ts';

const DEMO_REQUESTS = 100_000;
const MEMORY_REQUESTS = 200_000;

async function main(): Promise<void> {
  const args = process.argv.slice(2);
  const flags = parseBenchFlags(args);
  const command = ['npm run bench --', ...args].join(' ');
  if (flags.micro !== undefined) return runMicroBench(flags.micro, { ...flags, command });
  // Before anything is made for it.
  if (flags.port !== 0) await requireFreePort(flags.port);
  const { faults } = await run(flags, command);
  if (faults.length > 0) process.exitCode = 1;
}

/** Benches are loaded only now: flags are answered without waiting for native libraries. */
async function run(flags: BenchFlags, command: string): Promise<{ readonly faults: readonly string[] }> {
  if (flags.demo === true) {
    const { runDemoBench } = await import('./run-demo.ts');
    return runDemoBench({ ...flags, requests: flags.requests ?? DEMO_REQUESTS, command });
  }
  if (flags.sweep !== undefined) {
    const { runSweep } = await import('./run-sweep.ts');
    return runSweep({ ...flags, sweep: flags.sweep, command });
  }
  if (flags.memory === true) {
    const { runMemory } = await import('./run-memory.ts');
    return runMemory({ ...flags, requests: flags.requests ?? MEMORY_REQUESTS, command });
  }
  if (flags.crash !== undefined) {
    const { runCrashBench } = await import('./run-crash.ts');
    return runCrashBench({ ...flags, crash: flags.crash, command });
  }
  if (flags.lag === true) {
    const { runLagBench } = await import('./run-lag.ts');
    return runLagBench({ ...flags, command });
  }
  checkSizes(flags);
  if (flags.profile !== undefined) {
    const { runProfile } = await import('./run-profile.ts');
    return runProfile({ ...flags, profile: flags.profile, command });
  }
  const { runSyntheticBench } = await import('./run-synthetic.ts');
  return runSyntheticBench({ ...flags, command });
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
