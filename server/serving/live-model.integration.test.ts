import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { deletedItem } from '../../features/catalogue/catalogue.ts';
import { VitrineError } from '../../features/core/errors.ts';
import type { FeatureStore } from '../../features/store/feature-store.ts';
import { openFeatureStore } from '../../features/store/open-feature-store.ts';
import { BUNDLE_FILES } from '../../models/bundle/manifest.ts';
import { createLogger } from '../observability/logger.ts';
import { createMetrics } from '../observability/metrics.ts';
import { writeTestBundle } from '../testing/a-bundle.ts';
import { LiveModel } from './live-model.ts';

const ITEMS = ['boot', 'runner', 'sandal'].map((itemId, i) => ({ itemId, category: 'shoes', price: 40, angle: i }));

let folder: string;
let store: FeatureStore;
let live: LiveModel;
const lines: string[] = [];
const metrics = createMetrics({ hasProcessMetrics: false });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vitrine-live-model-'));
  const artifacts = join(folder, 'artifacts');
  await writeTestBundle(artifacts, 'v1', { items: ITEMS });
  await writeTestBundle(artifacts, 'v2', {
    items: [...ITEMS, { itemId: 'clog', category: 'shoes', price: 30, angle: 4 }],
  });
  const broken = await writeTestBundle(artifacts, 'v3', { items: ITEMS });
  const file = join(broken, BUNDLE_FILES.ranker);
  const bytes = await readFile(file);
  bytes[bytes.length >> 1]! ^= 1;
  await writeFile(file, bytes);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

beforeEach(async () => {
  lines.length = 0;
  store = await openFeatureStore({ kind: 'lmdb', path: join(folder, 'store'), shop: 'test', profileTtlDays: 1 });
  const logger = createLogger({ level: 'info', write: (line) => lines.push(line) });
  live = new LiveModel({ artifactsPath: join(folder, 'artifacts'), store, logger, metrics });
});
afterEach(async () => {
  await live.close();
  await store.close();
  await rm(join(folder, 'store'), { recursive: true, force: true });
});

function priceOf(itemId: string): number | undefined {
  const { catalogue } = live.current.model;
  return catalogue.record(catalogue.indexOf(itemId)).price;
}

describe('LiveModel', () => {
  it('has no model before one is activated', () => {
    expect(() => live.current).toThrow(/no model is loaded/);
  });

  it('changes model, catalogue and context together', async () => {
    await live.activate('v1');
    const before = live.current;
    expect(await live.activate('v2')).toEqual({ serving: 'v2', previous: 'v1' });
    const { model, context } = live.current;
    expect([model.modelVersion, model.catalogue.size, context.model]).toEqual(['v2', 4, model]);
    expect(context).not.toBe(before.context);
    expect(before.context.model.catalogue.size).toBe(3);
  });

  it("lays the store's products over a model before it serves", async () => {
    await live.activate('v1');
    await store.writeItems([{ itemId: 'boot', category: 'shoes', price: 99, isAvailable: false }]);
    await live.activate('v2');
    const { catalogue } = live.current.model;
    expect([priceOf('boot'), catalogue.isAvailable(catalogue.indexOf('boot'))]).toEqual([99, false]);
    expect(live.current.feed.isCurrent).toBe(true);
  });

  it('brings the catalogue of a model that is taken back up to date before it serves', async () => {
    await live.activate('v1');
    const { context } = live.current;
    await live.activate('v2');
    await store.writeItems([{ itemId: 'boot', category: 'shoes', price: 12, isAvailable: true }]);
    expect(await live.rollback()).toEqual({ serving: 'v1', previous: 'v2' });
    expect(priceOf('boot')).toBe(12);
    expect(live.current.context).toBe(context);
  });

  it('goes on following the products of the store on whichever model serves', async () => {
    const soldOut = (itemId: string) => store.writeItems([{ itemId, category: 'shoes', isAvailable: false }]);
    const isShown = (itemId: string): boolean => {
      const { catalogue } = live.current.model;
      return catalogue.isAvailable(catalogue.indexOf(itemId));
    };
    await live.activate('v1');
    await store.writeItems([deletedItem('sandal')]);
    await live.activate('v2');
    expect([isShown('sandal'), live.current.model.retriever.has(2)]).toEqual([false, false]);
    await soldOut('boot');
    await expect.poll(() => isShown('boot'), { timeout: 5_000 }).toBe(false);
    await live.rollback();
    expect([isShown('boot'), isShown('sandal')]).toEqual([false, false]);
    await soldOut('runner');
    await expect.poll(() => isShown('runner'), { timeout: 5_000 }).toBe(false);
  });

  it('keeps the model that serves when another is broken, and says why once', async () => {
    await live.activate('v1');
    const before = live.current;
    lines.length = 0;
    await expect(live.activate('v3')).rejects.toThrow(/ranker.onnx of bundle v3/);
    await expect(live.activate('')).rejects.toThrow(VitrineError);
    expect(live.current).toBe(before);
    const errors = lines.map((line) => JSON.parse(line)).filter(({ level }) => level === 'error');
    expect(errors.map(({ asked, serving, error }) => [asked, serving, error.code])).toEqual([
      ['v3', 'v1', 'REC_BUNDLE_INVALID'],
      ['newest', 'v1', 'REC_BUNDLE_INVALID'],
    ]);
    expect((await metrics.render()).text).toContain('vitrine_model_activations_total{result="refused"} 2');
  });

  it('keeps the model that serves when a product of the store cannot be read', async () => {
    await live.activate('v1');
    const failing: FeatureStore = Object.create(store, {
      readAllItems: {
        value: async function* () {
          yield* [];
          throw new VitrineError('REC_RECORD_INVALID', 'a product cannot be decoded');
        },
      },
    });
    const other = new LiveModel({
      ...{ artifactsPath: join(folder, 'artifacts'), store: failing, metrics },
      logger: createLogger({ level: 'info', write: () => {} }),
    });
    await expect(other.activate('v1')).rejects.toThrow(/cannot be decoded/);
    expect(() => other.current).toThrow(/no model is loaded/);
    await other.close();
  });

  it('does nothing when the version serves already', async () => {
    await live.activate('v1');
    const before = live.current;
    expect(await live.activate('v1')).toEqual({ serving: 'v1', previous: undefined });
    expect(live.current).toBe(before);
  });
});
