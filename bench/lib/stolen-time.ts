import { readFile } from 'node:fs/promises';

/** Processor time of the machine so far, all processors; its own ticks. */
export interface MachineTime {
  readonly total: number;
  /** The host gave it to others while something here wanted to run. */
  readonly stolen: number;
}

/** Place of stolen time in the kernel's list; guests after it are counted among the first already. Source: proc(5), `/proc/stat`. */
const STOLEN_PLACE = 7;

/** Missing: NaN where there is no /proc. */
export async function machineTime(): Promise<MachineTime> {
  return parseMachineTime(await readFile('/proc/stat', 'utf8').catch(() => ''));
}

/** @internal */
export function parseMachineTime(stat: string): MachineTime {
  const ticks = /^cpu +(.+)$/m.exec(stat)?.[1]?.split(' ').map(Number) ?? [];
  const counted = ticks.slice(0, STOLEN_PLACE + 1);
  return {
    total: counted.length > STOLEN_PLACE ? counted.reduce((sum, part) => sum + part, 0) : Number.NaN,
    stolen: ticks[STOLEN_PLACE] ?? Number.NaN,
  };
}

/** Share of the machine's time since `before` that the host gave to others, 0..1, rounded to a thousandth. */
export async function stolenRatioSince(before: MachineTime): Promise<number> {
  const now = await machineTime();
  return Math.round(((now.stolen - before.stolen) / (now.total - before.total)) * 1_000) / 1_000;
}
