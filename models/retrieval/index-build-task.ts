/** What a process that builds an index is told: one message. */
export interface IndexBuildTask {
  /** File of float32, shape `[itemCount, embeddingDim]`, row-major, in the byte order of the machine. */
  readonly embeddingsFile: string;
  readonly itemCount: number;
  readonly embeddingDim: number;
  readonly m: number;
  readonly efConstruction: number;
  readonly seed: number;
  /** Where the index goes; its places are the rows of the embeddings. */
  readonly indexFile: string;
}

/** What it answers, once. */
export type IndexBuildAnswer = { readonly isBuilt: true } | { readonly isBuilt: false; readonly message: string };
