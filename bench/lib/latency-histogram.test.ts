import { describe, expect, it } from 'vitest';
import { LatencyHistogram } from './latency-histogram.ts';

describe('latency histogram', () => {
  it('gives percentiles in microseconds', () => {
    const histogram = new LatencyHistogram();
    for (let i = 1; i <= 100; i++) histogram.recordMs(i / 10);
    // 0.1 .. 10 ms: half are at most 5 ms; buckets above 2048 us are 2 to 8 us wide.
    const { count, p50, p95, p99, max } = histogram.summary();
    expect(count).toBe(100);
    expect(Math.abs(p50 - 5_000)).toBeLessThanOrEqual(4);
    expect(Math.abs(p95 - 9_500)).toBeLessThanOrEqual(8);
    expect(Math.abs(p99 - 9_900)).toBeLessThanOrEqual(8);
    expect(Math.abs(max - 10_000)).toBeLessThanOrEqual(8);
  });

  it('takes what lies outside its range as its ends', () => {
    const histogram = new LatencyHistogram();
    histogram.recordMs(0);
    histogram.recordMs(-5);
    histogram.recordMs(3_600_000);
    expect(histogram.summary().p50).toBe(1);
    expect(Math.abs(histogram.summary().max / 60_000_000 - 1)).toBeLessThan(0.001);
  });

  it('joins what another one encoded', () => {
    const [one, other] = [new LatencyHistogram(), new LatencyHistogram()];
    one.recordMs(1);
    other.recordMs(2);
    other.recordMs(2);
    one.addEncoded(other.encode());
    expect(one.summary()).toMatchObject({ count: 3, p50: 2_000 });
  });
});
