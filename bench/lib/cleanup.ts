/** What has to be ended and removed whichever way a bench ends: nothing of it may be left running. */
export class Cleanup {
  private readonly steps: (() => Promise<void> | void)[] = [];
  private running: Promise<void> | undefined;

  /** Done last in, first out. */
  add(step: () => Promise<void> | void): void {
    this.steps.push(step);
  }

  /** Every step runs, also when one before it fails; the first failure is thrown at the end. Safe to call twice. */
  run(): Promise<void> {
    this.running ??= this.runAll();
    return this.running;
  }

  private async runAll(): Promise<void> {
    const failures: unknown[] = [];
    for (let step = this.steps.pop(); step !== undefined; step = this.steps.pop()) {
      try {
        await step();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}

/**
 * Runs a bench with a cleanup that is done when it ends, fails, or is stopped by a signal.
 *
 * @returns what the bench returns
 */
export async function withCleanup<T>(bench: (cleanup: Cleanup) => Promise<T>): Promise<T> {
  const cleanup = new Cleanup();
  let isStopped = false;
  const onSignal = (): void => {
    isStopped = true;
    void cleanup.run().finally(() => process.exit(130));
  };
  process.once('SIGINT', onSignal);
  process.once('SIGTERM', onSignal);
  try {
    return await bench(cleanup);
  } catch (error) {
    // What is ended under a bench fails it; the signal's own end of the process is the one to see.
    if (isStopped) await new Promise<never>(() => {});
    throw error;
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
    await cleanup.run();
  }
}
