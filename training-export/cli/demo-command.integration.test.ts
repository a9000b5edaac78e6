import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Deadline } from '../../features/core/deadline.ts';
import { asUserId, userKey } from '../../features/core/ids.ts';
import { openFeatureStore } from '../../features/store/open-feature-store.ts';
import { openBundle } from '../../models/bundle/open-bundle.ts';
import { loadDataset } from '../datasets/dataset.ts';
import { EVALUATION_KS, type Evaluation } from '../evaluate/evaluate-bundle.ts';
import type { RankingMetrics } from '../evaluate/metrics.ts';
import { demoCommand } from './demo-command.ts';
import { evaluateCommand } from './evaluate-command.ts';

/** Trains what `npm start` trains: about a minute when nothing else runs. */
const PREPARE_TIMEOUT_MS = 600_000;

let folder: string;
let artifacts: string;
let evaluation: Evaluation;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vitrine-demo-'));
  artifacts = join(folder, 'artifacts');
  beSilent();
  await demoCommand({ folder, shop: 'demo' });
  evaluation = await evaluateCommand({
    ...{ dataset: join(folder, 'dataset'), artifacts, version: '', report: join(folder, 'reports') },
    ...{ protocol: 'visit', maxCases: 5_000 },
  });
  vi.restoreAllMocks();
}, PREPARE_TIMEOUT_MS);
beforeEach(beSilent);
afterEach(() => {
  vi.restoreAllMocks();
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

function beSilent(): void {
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
}

function metricsOf(method: string, k: (typeof EVALUATION_KS)[number]): RankingMetrics {
  const found = evaluation.results.find((result) => result.method === method);
  return found!.metrics[EVALUATION_KS.indexOf(k)]!;
}

/** Every file of the demo shop with the moment it was written. */
async function filesOf(part: string): Promise<Map<string, number>> {
  const entries = await readdir(join(folder, part), { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return new Map(await Promise.all(paths.map(async (path) => [path, (await stat(path)).mtimeMs] as const)));
}

async function isKnown(userId: string): Promise<boolean> {
  const path = join(folder, 'store');
  const store = await openFeatureStore({ kind: 'lmdb', path, shop: 'demo', profileTtlDays: 400 });
  const profile = await store.readProfile(userKey(asUserId(userId)), Deadline.after(60_000));
  await store.close();
  return profile !== undefined;
}

describe('the demo shop', () => {
  it('has 5 000 shoppers, 3 000 products and about 300 000 events', async () => {
    const { events, metadata } = await loadDataset(join(folder, 'dataset'));
    expect(metadata.counts).toMatchObject({ users: 5_000, items: 3_000 });
    const eventCount = new Set(events.eventNumber).size;
    expect(eventCount).toBeGreaterThan(270_000);
    expect(eventCount).toBeLessThan(330_000);
    expect(await isKnown('u10042')).toBe(true);
  });

  it('has towers that find three times as many of the next purchases among a hundred products as popularity', () => {
    const found = metricsOf('two towers', 100).recall;
    expect(found).toBeGreaterThanOrEqual(3 * metricsOf('popularity', 100).recall);
  });

  it('has a DeepFM that orders them half again as well as popularity, and none better than who knows the tastes', () => {
    const ndcg = metricsOf('retrieval + DeepFM', 10).ndcg;
    expect(ndcg).toBeGreaterThanOrEqual(1.5 * metricsOf('popularity', 10).ndcg);
    expect(ndcg).toBeLessThan(metricsOf('oracle (demo)', 10).ndcg);
  });

  it('has an index that finds 97 of 100 nearest products', async () => {
    const [version] = await readdir(artifacts);
    const { manifest } = await openBundle(join(artifacts, version!));
    expect(manifest.index.queryKind).toBe('validation_users');
    expect(manifest.index.annRecallAtK.k).toBeGreaterThanOrEqual(100);
    expect(manifest.index.annRecallAtK.value).toBeGreaterThanOrEqual(0.97);
  });
});

describe('demoCommand', () => {
  it('leaves everything as it is the second time, at once', async () => {
    const before = await filesOf('.');
    const startedAtMs = performance.now();
    await demoCommand({ folder, shop: 'demo' });
    expect(performance.now() - startedAtMs).toBeLessThan(500);
    expect(await filesOf('.')).toEqual(before);
  });

  it('makes what an interrupted run left undone, and nothing else', async () => {
    const before = [await filesOf('dataset'), await filesOf('artifacts')];
    await rm(join(folder, 'demo-ready.json'));
    await rm(join(folder, 'store'), { recursive: true });
    await demoCommand({ folder, shop: 'demo' });
    expect(await isKnown('u10042')).toBe(true);
    expect([await filesOf('dataset'), await filesOf('artifacts')]).toEqual(before);
    expect(existsSync(join(folder, 'demo-ready.json'))).toBe(true);
  });
});
