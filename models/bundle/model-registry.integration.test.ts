import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { VitrineError } from '../../features/core/errors.ts';
import { emptyProfile } from '../../features/profile/profile.ts';
import { runGoldenCase } from './golden.ts';
import { BUNDLE_FILES } from './manifest.ts';
import { ModelRegistry } from './model-registry.ts';
import type { ServingModel } from './serving-model.ts';
import { changeWeight, TINY_FOLDER, TINY_VERSION, writeChangedBundle } from './testing/tiny-bundle.ts';

let artifactsFolder: string;
let registry: ModelRegistry;

beforeEach(async () => {
  artifactsFolder = await mkdtemp(join(tmpdir(), 'vitrine-registry-'));
  await cp(TINY_FOLDER, join(artifactsFolder, TINY_VERSION), { recursive: true });
  registry = new ModelRegistry(artifactsFolder);
});
afterEach(async () => {
  await registry.close();
  await rm(artifactsFolder, { recursive: true });
});

const NEWER = '20240301T000000Z';
const NEWEST = '20240401T000000Z';

async function answers(model: ServingModel): Promise<boolean> {
  const { probabilities } = await runGoldenCase(model, {
    ...{ profile: emptyProfile(), itemIndexes: [0, 1] },
    context: { nowMs: 0, userId: '', device: '' },
  });
  return probabilities.length === 2;
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  const outcome = await work.then(
    () => 'not refused',
    (error: unknown) => error,
  );
  return outcome instanceof VitrineError ? outcome.code : String(outcome);
}

describe('ModelRegistry', () => {
  it('has no model before one is activated', () => {
    expect(() => registry.current).toThrow(/no model is loaded/);
    expect(registry.previousVersion).toBeUndefined();
  });

  it('lets the newest serve when none is named', async () => {
    await writeChangedBundle(artifactsFolder, NEWER);
    const model = await registry.activate('');
    expect([model.modelVersion, registry.current]).toEqual([NEWER, model]);
    expect(await registry.list()).toEqual([TINY_VERSION, NEWER]);
  });

  it('swaps the whole model, and the one before goes on answering what it was asked', async () => {
    const before = await registry.activate(TINY_VERSION);
    await writeChangedBundle(artifactsFolder, NEWER);
    const after = await registry.activate('');
    expect([registry.current.modelVersion, registry.previousVersion]).toEqual([NEWER, TINY_VERSION]);
    expect(after.extractor.catalogue).toBe(after.catalogue);
    expect([await answers(before), await answers(after)]).toEqual([true, true]);
  });

  it('rolls back to the model before, and forward again', async () => {
    const before = await registry.activate(TINY_VERSION);
    await writeChangedBundle(artifactsFolder, NEWER);
    const after = await registry.activate('');
    expect(await registry.rollback()).toBe(before);
    expect([registry.current, registry.previousVersion]).toEqual([before, NEWER]);
    expect(await registry.activate(NEWER)).toBe(after);
    expect([registry.current, registry.previousVersion]).toEqual([after, TINY_VERSION]);
  });

  it('keeps the model that serves when a newer bundle is broken', async () => {
    const serving = await registry.activate('');
    await writeChangedBundle(artifactsFolder, NEWER, (bundle) => changeWeight(bundle, BUNDLE_FILES.ranker, 'bias', 1));
    expect(await codeOf(registry.activate(''))).toBe('REC_BUNDLE_INVALID');
    await cp(TINY_FOLDER, join(artifactsFolder, NEWEST), { recursive: true });
    await rm(join(artifactsFolder, NEWEST, BUNDLE_FILES.catalogue));
    expect(await codeOf(registry.activate(NEWEST))).toBe('REC_BUNDLE_INVALID');
    expect([registry.current, registry.previousVersion]).toEqual([serving, undefined]);
    expect(await answers(serving)).toBe(true);
  });

  it('keeps the model to roll back to when a newer bundle is broken', async () => {
    await registry.activate(TINY_VERSION);
    await writeChangedBundle(artifactsFolder, NEWER);
    await registry.activate(NEWER);
    await writeChangedBundle(artifactsFolder, NEWEST, ({ manifest }) => {
      manifest.featureSchemaFingerprint = 'other';
    });
    expect(await codeOf(registry.activate(''))).toBe('REC_BUNDLE_INCOMPATIBLE');
    expect((await registry.rollback()).modelVersion).toBe(TINY_VERSION);
  });

  it('refuses to roll back when there is no earlier model', async () => {
    await registry.activate('');
    expect(await codeOf(registry.rollback())).toBe('REC_BUNDLE_INVALID');
    expect(registry.current.modelVersion).toBe(TINY_VERSION);
  });

  it('refuses versions that are not there or lead elsewhere', async () => {
    for (const version of ['v9', '../x']) expect(await codeOf(registry.activate(version))).toBe('REC_BUNDLE_INVALID');
  });

  it('loads a version once, also when it is asked for twice at the same time', async () => {
    const [first, second] = await Promise.all([registry.activate(''), registry.activate(TINY_VERSION)]);
    expect(second).toBe(first);
    expect(registry.previousVersion).toBeUndefined();
    expect(await registry.activate(TINY_VERSION)).toBe(first);
  });

  it('closes what it holds, twice without harm', async () => {
    const model = await registry.activate('');
    await registry.close();
    await registry.close();
    expect(() => registry.current).toThrow(/no model is loaded/);
    await expect(async () => model.retriever.search(new Float32Array(4), 1, 1)).rejects.toThrow(/closed/);
  });
});
