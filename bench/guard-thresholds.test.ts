import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type GuardRecord, marginOf, readRuns, recordOf, thresholdsFrom, writeJson } from './lib/guard-record.ts';
import { GUARD_SIZES, passes } from './lib/guard-run.ts';
import { GUARD_RATIO_NAMES, isWithin, readThresholds } from './lib/guard-thresholds.ts';

const thresholds = readThresholds();
const record = JSON.parse(readFileSync(new URL('./results/guard-runs.json', import.meta.url), 'utf8')) as GuardRecord;

describe('guard thresholds', () => {
  it('rest on at least ten valid runs of the sizes the guard has, half of them on a busy machine', () => {
    const { sizes, runs } = record;
    expect(sizes).toEqual(GUARD_SIZES);
    expect(runs.length).toBeGreaterThanOrEqual(10);
    expect(runs.flatMap(({ faults }) => faults)).toEqual([]);
    const busy = runs.filter(({ disturbingProcesses }) => disturbingProcesses > 0);
    expect(busy.length).toBeGreaterThanOrEqual(Math.floor(runs.length / 2));
  });

  it.each(GUARD_RATIO_NAMES)('leave the worst run a margin of a tenth to a quarter: %s', (name) => {
    const margin = marginOf(thresholds[name], record.runs, name);
    expect(margin).toBeGreaterThanOrEqual(1.1);
    expect(margin).toBeLessThanOrEqual(1.25);
  });

  it('are what the runs justify, worked out from the worst of each ratio', () => {
    const run = {
      at: '',
      loadAverageBefore: 0,
      disturbingProcesses: 0,
      commit: '',
      cpuModel: '',
      figures: {},
      faults: [],
    };
    const ratios = { serviceToFloor: 1.2, javascriptToFloor: 0.3, foldedToPlain: 0.2, capacityToPlain: 2.3 };
    const worse = { serviceToFloor: 1.4, javascriptToFloor: 0.4, foldedToPlain: 0.1, capacityToPlain: 4.6 };
    const made = thresholdsFrom(
      recordOf(record.environment, [
        { ...run, ratios },
        { ...run, ratios: worse },
      ]),
    );
    expect(made).toEqual({
      serviceToFloor: { atMost: 1.68 },
      javascriptToFloor: { atMost: 0.48 },
      foldedToPlain: { atMost: 0.24 },
      capacityToPlain: { atLeast: 1.92 },
    });
  });
});

describe('guard record', () => {
  const file = fileURLToPath(new URL('./results/guard-runs.json', import.meta.url));

  it('says of each run which code and which processor it was', () => {
    for (const { commit, cpuModel } of record.runs) expect([commit, cpuModel]).not.toContain('');
  });

  it('is added to', async () => {
    expect(await readRuns(file)).toEqual(record.runs);
  });

  it('is not added to when the guard has changed since', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'vitrine-guard-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const other = join(folder, 'runs.json');
    for (const changed of [{ sizes: { ...GUARD_SIZES, items: 1 } }, { formatVersion: 2 }, { format: 'other' }]) {
      await writeJson(other, { ...record, ...changed });
      await expect(readRuns(other)).rejects.toThrow(`--add: ${other} holds no runs of a guard as it is now`);
    }
  });
});

describe('guard verdict', () => {
  it('passes up to the threshold and no further', () => {
    expect(isWithin(1.5, { atMost: 1.5 })).toBe(true);
    expect(isWithin(1.501, { atMost: 1.5 })).toBe(false);
    expect(isWithin(2, { atLeast: 2 })).toBe(true);
    expect(isWithin(1.999, { atLeast: 2 })).toBe(false);
  });

  it('does not pass without a ratio', () => {
    expect(isWithin(Number.NaN, { atMost: 1.5 })).toBe(false);
    expect(isWithin(Number.NaN, { atLeast: 1.5 })).toBe(false);
    expect(passes({ ratios: {}, figures: {}, faults: [] }, 'foldedToPlain', thresholds)).toBe(false);
  });

  it('does not pass on requests that got no full answer, however fast', () => {
    const attempt = { ratios: { serviceToFloor: 0.5 }, figures: {}, faults: ['one degraded'] };
    expect(passes(attempt, 'serviceToFloor', thresholds)).toBe(false);
  });
});
