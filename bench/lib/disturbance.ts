import { spawn } from 'node:child_process';
import type { Cleanup } from './cleanup.ts';

/** Source text of a process that wants a core most of the time, in bursts, and ends by itself at the latest after ten minutes. */
const BUSY = `
const endMs = Date.now() + 600_000;
const pause = new Int32Array(new SharedArrayBuffer(4));
while (Date.now() < endMs) {
  const untilMs = Date.now() + 20 + Math.random() * 300;
  while (Date.now() < untilMs);
  Atomics.wait(pause, 0, 0, Math.random() * 100);
}
`;

/** Other work on the machine, as on one that builds and tests several things at once. */
export function startDisturbance(processCount: number, cleanup: Cleanup): void {
  for (let i = 0; i < processCount; i++) {
    const child = spawn(process.execPath, ['-e', BUSY], { stdio: 'ignore' });
    cleanup.add(() => void child.kill('SIGKILL'));
  }
}
