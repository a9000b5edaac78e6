import { describe, expect, it } from 'vitest';
import { medianPass, p50Ratio, type SweepRow } from './sweep-report.ts';

const rowOfP50 = (p50: number, faults: readonly string[] = []): SweepRow => ({
  label: 'x',
  faults,
  latencyUs: { count: 1, p50, p95: p50, p99: p50, max: p50, mean: p50 },
  slatesPerSecond: 1_000 / p50,
  residentBytes: 1,
});

describe('passes of a sweep', () => {
  it('counts the one with the median latency, and the faults of all', () => {
    const row = medianPass([rowOfP50(300), rowOfP50(100, ['late']), rowOfP50(200)]);
    expect(row).toEqual({ ...rowOfP50(200), faults: ['pass 2: late'], passP50Us: [300, 100, 200] });
  });

  it('leaves a single one as it is', () => {
    const row = rowOfP50(100, ['late']);
    expect(medianPass([row])).toBe(row);
  });

  it('compares what was measured in the same pass', () => {
    // 2.5, 2 and 3: the machine was twice as slow in the second pass.
    const large = medianPass([250, 400, 300].map((us) => rowOfP50(us)));
    const small = medianPass([100, 200, 100].map((us) => rowOfP50(us)));
    expect(p50Ratio(large, small)).toBe(2.5);
    expect(p50Ratio(rowOfP50(300), rowOfP50(200))).toBe(1.5);
  });
});
