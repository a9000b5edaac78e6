import type { HnswIndex } from './hnsw-library.ts';

/** Largest number of a code. */
const CODE_RANGE = 127;
/** The search by codes is made for dimensions that are multiples of this. */
const DIM_STEP = 32;

/**
 * The vectors of an index in 8 bits a number, which searches of the AVX2 build find their way by; what they answer is ordered by the vectors
 * themselves. Memory: `embeddingDim` bytes an element.
 */
export class VectorCodes {
  private readonly index: HnswIndex;
  private readonly embeddingDim: number;
  private readonly scale: number;
  private codes: Int8Array;

  /** Codes of all elements of an index; undefined where searches do without. Cost: about 20 ms for 100 000 elements of 64 numbers. */
  static of(index: HnswIndex, embeddingDim: number): VectorCodes | undefined {
    return index.makeCodes === undefined || embeddingDim % DIM_STEP !== 0
      ? undefined
      : new VectorCodes(index, embeddingDim);
  }

  private constructor(index: HnswIndex, embeddingDim: number) {
    this.index = index;
    this.embeddingDim = embeddingDim;
    // Of an empty index: numbers of a normalised vector are at most 1.
    const largest = index.getCurrentCount() === 0 ? 1 : index.largestComponent!();
    this.scale = largest > 0 ? CODE_RANGE / largest : 1;
    this.codes = this.made();
  }

  /** Shape `[elements or more, embeddingDim]`, row-major, by the index's own numbering. */
  get rows(): Int8Array {
    return this.codes;
  }

  /** To be called after an element was added or got another vector. */
  encode(label: number): void {
    if (this.codes.length < this.index.getMaxElements() * this.embeddingDim) this.codes = this.made();
    else this.index.encode!(this.codes, this.scale, label);
  }

  private made(): Int8Array {
    const codes = this.index.makeCodes!(this.index.getMaxElements() * this.embeddingDim);
    this.index.encode!(codes, this.scale);
    return codes;
  }
}
