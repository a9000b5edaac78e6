import { BUNDLE_FILES, type Manifest } from '../manifest.ts';
import type { WriteBundleOptions } from '../write-bundle.ts';

/** The part of a manifest that training states, with small numbers. */
export function aManifestContent(overrides: Partial<Manifest> = {}): WriteBundleOptions['manifest'] {
  return {
    createdAt: '2024-05-06T07:08:09.000Z',
    featureSchemaFingerprint: 'f00d',
    dimensions: { itemCount: 3, embeddingDim: 8, slotCount: 5, userSlotCount: 2, itemSlotCount: 2 },
    index: { m: 16, efConstruction: 200, efSearch: 100, annRecallAtK: { k: 100, value: 0.99, queryCount: 50 } },
    data: {
      dataset: 'demo',
      from: '2024-01-01T00:00:00Z',
      to: '2024-05-01T00:00:00+02:00',
      eventCount: 10,
      userCount: 2,
      itemCount: 3,
      exampleCount: 4,
    },
    metrics: { 'ranker.auc': 0.75 },
    seed: 7,
    ...overrides,
  };
}

/** Contents for every file a bundle must have: its own name, repeated. */
export function bundleContents(): Map<string, Uint8Array> {
  const names = Object.values(BUNDLE_FILES).filter((name) => name !== BUNDLE_FILES.servingRanker);
  return new Map(names.map((name) => [name, Buffer.from(`${name} `.repeat(20))]));
}

/** A whole manifest as text, with `change` made to its plain form. */
export function manifestText(change: (manifest: Record<string, unknown>) => void = () => undefined): string {
  const files = Array.from(bundleContents().keys(), (name) => ({ name, sizeBytes: 1, sha256: 'a'.repeat(64) }));
  const manifest = { format: 'vitrine-bundle', formatVersion: 1, modelVersion: 'v1', files, ...aManifestContent() };
  change(manifest);
  return JSON.stringify(manifest);
}
