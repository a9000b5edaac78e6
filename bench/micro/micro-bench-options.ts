/** What of the command line micro benches may go by. */
export interface MicroBenchOptions {
  readonly items: number;
  readonly embeddingDim: number;
  readonly seed: number;
  readonly out: string;
  /** As it can be typed again. */
  readonly command: string;
}
