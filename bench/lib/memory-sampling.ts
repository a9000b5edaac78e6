import { closeSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { sharedClockMs } from '../load/arrival-ticker.ts';
import type { TimedRequest } from '../load/open-loop.ts';
import { LatencyHistogram, type LatencySummary } from './latency-histogram.ts';

/** How often the kernel's threads are looked at: as late as this a sampling is noticed. */
const PERIOD_MS = 10;
/** Processor time within a period that is a sampling. */
const MIN_RUN_NS = 500_000;
/** Runs with less than this between them are parts of one sampling. */
const MAX_GAP_MS = 100;
/** So long after its beginning requests are slow: those met by it, and those that wait behind them. */
const AFTERMATH_MS = 150;
const BIN_MS = 25;
const BIN_COUNT = 20;

/** What the kernel's sampling of memory did to an open loop's requests. */
export interface MemorySampling {
  /** Times the kernel sampled, in the whole run. */
  readonly samplingCount: number;
  /** Of requests under way within 0.15 s after a sampling began. */
  readonly duringUs: LatencySummary;
  /** Of all others. */
  readonly outsideUs: LatencySummary;
  /** Of requests by when they were due, in steps of 25 ms after the last sampling began, up to half a second. */
  readonly sinceSampling: readonly SinceSampling[];
}

/** Requests due within 25 ms from this time after a sampling began. */
export interface SinceSampling {
  readonly fromMs: number;
  readonly count: number;
  /** Microseconds. */
  readonly p50: number;
  readonly p99: number;
}

/** Latencies by when the request was under way and when these moments were; ascending, of the shared clock. */
export function splitBySamplings(requests: Iterable<TimedRequest>, samplingsMs: readonly number[]): MemorySampling {
  const during = new LatencyHistogram();
  const outside = new LatencyHistogram();
  const bins = Array.from({ length: BIN_COUNT }, () => new LatencyHistogram());
  for (const { dueMs, latencyMs } of requests) {
    const isDuring = samplingsMs.some((atMs) => dueMs < atMs + AFTERMATH_MS && dueMs + latencyMs > atMs);
    (isDuring ? during : outside).recordMs(latencyMs);
    const lastMs = samplingsMs.findLast((atMs) => atMs <= dueMs);
    if (lastMs !== undefined) bins[Math.floor((dueMs - lastMs) / BIN_MS)]?.recordMs(latencyMs);
  }
  const sinceSampling = bins.map((bin, place): SinceSampling => {
    const { count, p50, p99 } = bin.summary();
    return { fromMs: place * BIN_MS, count, p50, p99 };
  });
  return {
    samplingCount: samplingsMs.length,
    duringUs: during.summary(),
    outsideUs: outside.summary(),
    sinceSampling,
  };
}

/**
 * Notices when the kernel samples memory: DAMON (threads `kdamond`), which some virtual machines run to find memory that is not in use, marks
 * pages as unused and later looks which were used again. A process with much memory is slow for some tens of milliseconds after it; figures
 * are in bench/README.md.
 */
export class MemorySamplingProbe {
  private readonly files: readonly number[];
  private readonly buffer = Buffer.alloc(128);
  private readonly samplingsMs: number[] = [];
  private readonly timer: NodeJS.Timeout;
  private lastRunNs: number;
  private lastLookMs = sharedClockMs();
  private lastBusyMs = Number.NEGATIVE_INFINITY;

  /** Undefined where the kernel has no such threads. */
  static start(): MemorySamplingProbe | undefined {
    const pids = samplingThreads();
    return pids.length === 0 ? undefined : new MemorySamplingProbe(pids);
  }

  /** @param pids threads that sample */
  constructor(pids: readonly number[]) {
    this.files = pids.map((pid) => openSync(`/proc/${pid}/schedstat`, 'r'));
    this.lastRunNs = this.runNs();
    this.timer = setInterval(() => this.look(), PERIOD_MS);
  }

  /** Ends it. @returns when samplings began, ascending, milliseconds of the shared clock, up to 10 ms too early */
  stop(): readonly number[] {
    this.look();
    clearInterval(this.timer);
    for (const file of this.files) closeSync(file);
    return this.samplingsMs;
  }

  private look(): void {
    const runNs = this.runNs();
    const nowMs = sharedClockMs();
    if (runNs - this.lastRunNs >= MIN_RUN_NS) {
      if (this.lastLookMs - this.lastBusyMs > MAX_GAP_MS) this.samplingsMs.push(this.lastLookMs);
      this.lastBusyMs = nowMs;
    }
    this.lastRunNs = runNs;
    this.lastLookMs = nowMs;
  }

  /** The first number of `schedstat`: nanoseconds on a processor so far. */
  private runNs(): number {
    let sum = 0;
    for (const file of this.files) {
      const length = readSync(file, this.buffer, 0, this.buffer.length, 0);
      sum += Number.parseInt(this.buffer.toString('latin1', 0, length), 10);
    }
    return sum;
  }
}

function samplingThreads(): number[] {
  let pids: string[];
  try {
    pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    // Not Linux.
    return [];
  }
  return pids.filter((pid) => nameOf(pid).startsWith('kdamond')).map(Number);
}

function nameOf(pid: string): string {
  try {
    return readFileSync(join('/proc', pid, 'comm'), 'utf8');
  } catch {
    // It ended meanwhile.
    return '';
  }
}
