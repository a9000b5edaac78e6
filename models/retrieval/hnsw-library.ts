import { createRequire } from 'node:module';
import hnswlib from 'hnswlib-node';
import { messageOf } from '../../features/core/errors.ts';
import { addonFile, hasAvx2, type Machine, thisMachine } from '../native/addon-file.ts';
import type { Kernels } from '../native/kernels.ts';

/** Which build of the library to use: the fastest this machine can run, or always the one its package makes on installation. */
export type HnswBuildChoice = 'auto' | 'default';

/** An index of the library. The methods of the AVX2 build are missing in the other. */
export interface HnswIndex extends InstanceType<typeof hnswlib.HierarchicalNSW> {
  /**
   * As `searchKnn` without arrays of numbers: fills `labels` and `distances`, nearest first, and returns how many there are.
   *
   * @param query shape `[embeddingDim]`
   * @param labels as many as are wanted
   * @param distances as long as `labels`
   * @param efSearch candidates considered; at least as many as are wanted count
   * @param codes of all elements, see {@link encode}: the way is found by them and the answer ordered by the vectors
   */
  searchInto?(
    query: Float32Array,
    labels: Int32Array,
    distances: Float32Array,
    efSearch: number,
    codes?: Int8Array,
  ): number;
  /** As {@link searchInto} by comparing the query with every element: exact, and quicker for few elements. */
  scanInto?(query: Float32Array, labels: Int32Array, distances: Float32Array): number;
  /** Memory for codes, at the start of a line of the cache. */
  makeCodes?(byteCount: number): Int8Array;
  /** The largest number of any vector without its sign; 0 of an empty index. */
  largestComponent?(): number;
  /** Writes vectors times `scale` as whole numbers of -127..127 into `codes`: of all elements, or of one. */
  encode?(codes: Int8Array, scale: number, label?: number): void;
}

/** A build of the library, loaded. */
export interface HnswLibrary {
  readonly build: 'avx2' | 'default';
  /** Why it is this one, for the log. */
  readonly reason: string;
  /** An index by inner product, to be initialised or read. */
  newIndex(embeddingDim: number): HnswIndex;
  /**
   * Puts the memory of this process that is in use onto large pages, beside the event loop; resolves with the bytes. Only the AVX2 build
   * can.
   */
  readonly useLargePages?: () => Promise<number>;
  /** Ranking model and user tower without a runtime; only the AVX2 build has them. */
  readonly kernels?: Kernels;
}

/** What the AVX2 build exports. */
type ServingAddon = typeof hnswlib & Kernels & { useLargePages(): Promise<number> };

/** Loaded once per process, since a native library cannot be unloaded. */
let fastest: HnswLibrary | undefined;

/** Loads the library; never fails for want of the faster build. */
export function hnswLibrary(choice: HnswBuildChoice = 'auto'): HnswLibrary {
  if (choice === 'default') return defaultLibrary('the configuration asks for it');
  fastest ??= loadFastest();
  return fastest;
}

/**
 * Loads the AVX2 build when the machine can run it and it is there and answers rightly; otherwise the one that was installed.
 *
 * @param findFile where the AVX2 build is. Default: where `buildAddon` puts it
 */
export function loadFastest(machine: Machine = thisMachine(), findFile: () => string = addonFile): HnswLibrary {
  if (!hasAvx2(machine)) return defaultLibrary('this machine has no AVX2 and FMA, or is not Linux on x64');
  try {
    const file = findFile();
    const addon = createRequire(import.meta.url)(file) as ServingAddon;
    const library = libraryOf(addon, 'avx2', 'this machine has AVX2 and FMA');
    checkSearches(library);
    return { ...library, useLargePages: addon.useLargePages, kernels: addon };
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND';
    const why = isMissing ? 'it was not made, see npm run build:native' : `it cannot be used: ${messageOf(error)}`;
    return defaultLibrary(`the AVX2 build would be faster; ${why}`);
  }
}

function defaultLibrary(reason: string): HnswLibrary {
  return libraryOf(hnswlib, 'default', reason);
}

function libraryOf(addon: typeof hnswlib, build: HnswLibrary['build'], reason: string): HnswLibrary {
  return { build, reason, newIndex: (embeddingDim) => new addon.HierarchicalNSW('ip', embeddingDim) };
}

/** A build that was made elsewhere, or broke, is found out before it answers anyone. Errors: Error. */
function checkSearches(library: HnswLibrary): void {
  const index = library.newIndex(32);
  index.initIndex(2);
  const axis = (place: number): number[] => Array.from({ length: 32 }, (_, i) => (i === place ? 1 : 0));
  index.addPoint(axis(3), 7);
  index.addPoint(axis(30), 9);
  const labels = new Int32Array(2);
  const distances = new Float32Array(2);
  const query = Float32Array.from(axis(30));
  const codes = index.makeCodes?.(2 * 32);
  if (codes !== undefined) index.encode?.(codes, 100);
  const calls = {
    searchInto: () => index.searchInto?.(query, labels, distances, 2),
    'searchInto with codes': () => index.searchInto?.(query, labels, distances, 2, codes),
    scanInto: () => index.scanInto?.(query, labels, distances),
  };
  for (const [name, call] of Object.entries(calls)) {
    const count = call();
    const isRight = count === 2 && labels[0] === 9 && labels[1] === 7 && distances[0] === 0 && distances[1] === 1;
    if (!isRight) throw new Error(`${name} gives wrong answers`);
  }
}
