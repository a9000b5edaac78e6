import { describe, expect, it } from 'vitest';
import { measureStages } from './stages.bench.ts';

describe('micro bench of the stages', () => {
  it('times every step between the body of a request and that of the reply', async () => {
    const times = await measureStages({ itemCount: 500, timeMs: 20, warmUpMs: 5 });
    expect(times.map(({ stage }) => stage)).toEqual([
      'decode profile',
      'query features',
      'user tower',
      'search',
      'retrieve, all of it',
      'filter',
      'candidate features',
      'rank, all of it',
      'rank, model alone',
      'select',
      'answer and serialise',
    ]);
    for (const { p50Us, p99Us, sampleCount } of times) {
      expect(sampleCount).toBeGreaterThan(0);
      expect(p50Us).toBeGreaterThan(0);
      expect(p99Us).toBeGreaterThanOrEqual(p50Us);
    }
  });
});
