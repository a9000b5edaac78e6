/** Files of a bundle; see docs/bundle.md. `ranker.serving.onnx` is optional, all others must be there. */
export const BUNDLE_FILES = {
  featureSchema: 'feature-schema.json',
  ranker: 'ranker.onnx',
  servingRanker: 'ranker.serving.onnx',
  userTower: 'user-tower.onnx',
  itemTower: 'item-tower.onnx',
  itemIndex: 'items.hnsw',
  catalogue: 'catalogue.arrow',
  neighbours: 'neighbours.arrow',
  popularity: 'popularity.arrow',
  golden: 'golden.json',
} as const;
export const MANIFEST_FILE = 'manifest.json';
export const BUNDLE_FORMAT = 'vitrine-bundle';
/** Raised when a reader of an older number could misread the bundle; additions keep it. */
export const BUNDLE_FORMAT_VERSION = 1;

export interface ManifestFile {
  readonly name: string;
  readonly sizeBytes: number;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
}

/** What a bundle is made of and how good it measured; written last, read first. */
export interface Manifest {
  readonly format: typeof BUNDLE_FORMAT;
  readonly formatVersion: number;
  /** Name of the bundle and of its folder: `[A-Za-z0-9._-]`, at most 64, not starting with a dot, sorts by age. */
  readonly modelVersion: string;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly featureSchemaFingerprint: string;
  readonly files: readonly ManifestFile[];
  readonly dimensions: {
    readonly itemCount: number;
    readonly embeddingDim: number;
    readonly slotCount: number;
    readonly userSlotCount: number;
    readonly itemSlotCount: number;
  };
  readonly index: {
    readonly m: number;
    readonly efConstruction: number;
    readonly efSearch: number;
    /** Overlap with exact search on query embeddings of real users. */
    readonly annRecallAtK: { readonly k: number; readonly value: number; readonly queryCount: number };
    /** Whose embeddings the queries were; see docs/bundle.md. Absent in bundles made before it was written, or elsewhere. */
    readonly queryKind?: string;
    /** Median microseconds of one search for k, on the machine that made the bundle and the build of the library it used. */
    readonly searchUs?: number;
    readonly build?: string;
  };
  readonly data: {
    readonly dataset: string;
    /** ISO 8601; events from `from` to `to` were used. */
    readonly from: string;
    readonly to: string;
    readonly eventCount: number;
    readonly userCount: number;
    readonly itemCount: number;
    readonly exampleCount: number;
  };
  /** Name -> value, as measured on the validation window; see docs/bundle.md for the names. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly seed: number;
}
