import { describe, expect, it } from 'vitest';
import { selfTimes } from './run-profile.ts';

const node = (id: number, functionName: string, url: string) => ({
  id,
  callFrame: { functionName, url, scriptId: '1', lineNumber: 9, columnNumber: 0 },
});

describe('self times of a profile', () => {
  it('add the samples of each function up, by request, longest first', () => {
    const nodes = [
      node(1, 'rank', 'file:///p/dist/models/ranking/ranker.js'),
      node(2, '', ''),
      node(3, 'rank', 'file:///p/dist/models/ranking/ranker.js'),
    ];
    const profile = { nodes, startTime: 0, endTime: 0, samples: [1, 2, 3, 2], timeDeltas: [10, 5, 20, 1] };
    expect(selfTimes(profile, 2)).toEqual([
      { name: 'rank models/ranking/ranker.js:10', usPerRequest: 15 },
      { name: '(anonymous)', usPerRequest: 3 },
    ]);
  });
});
