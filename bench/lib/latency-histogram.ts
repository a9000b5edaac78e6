import hdr from 'hdr-histogram-js';

/** The latencies of a run. Units: microseconds, lower is better. */
export interface LatencySummary {
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
  readonly mean: number;
}

const LONGEST_US = 60_000_000;

/** Collects latencies in a histogram of fixed size: three significant digits from a microsecond to a minute. */
export class LatencyHistogram {
  private readonly histogram = hdr.build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: LONGEST_US,
    numberOfSignificantValueDigits: 3,
    bitBucketSize: 32,
  });

  recordMs(milliseconds: number): void {
    this.histogram.recordValue(Math.min(LONGEST_US, Math.max(1, Math.round(milliseconds * 1_000))));
  }

  encode(): string {
    return hdr.encodeIntoCompressedBase64(this.histogram);
  }

  /** Adds what another histogram, here or in another process, had {@link encode}d. */
  addEncoded(encoded: string): void {
    this.histogram.add(hdr.decodeFromCompressedBase64(encoded, 32));
  }

  summary(): LatencySummary {
    const { histogram } = this;
    return {
      count: histogram.totalCount,
      p50: histogram.getValueAtPercentile(50),
      p95: histogram.getValueAtPercentile(95),
      p99: histogram.getValueAtPercentile(99),
      max: histogram.maxValue,
      mean: Math.round(histogram.mean),
    };
  }
}
