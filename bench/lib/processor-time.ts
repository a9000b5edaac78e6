import { readFile } from 'node:fs/promises';

/** Linux counts processor time in hundredths of a second, whatever the kernel's own clock. Source: proc(5), `sysconf(_SC_CLK_TCK)`. */
const TICKS_PER_SECOND = 100;

/**
 * Processor time a process and those it has started and not lost have used so far, in user and kernel code, all threads; seconds.
 *
 * Missing: NaN where there is no /proc, or no such process.
 */
export async function processorSeconds(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The name in parentheses may hold blanks; what follows it does not.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [userTicks, kernelTicks] = [Number(fields[11]), Number(fields[12])];
  let seconds = (userTicks + kernelTicks) / TICKS_PER_SECOND;
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  for (const child of children.split(' ')) {
    const ofChild = child.trim() === '' ? 0 : await processorSeconds(Number(child));
    // One that ended meanwhile is gone.
    if (!Number.isNaN(ofChild)) seconds += ofChild;
  }
  return seconds;
}
