/** Step sizes and decay of Adam. Source: Kingma and Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015, algorithm 1. */
export interface AdamOptions {
  readonly learningRate: number;
  /** @defaultValue 0.9 */
  readonly beta1?: number;
  /** @defaultValue 0.999 */
  readonly beta2?: number;
  /** Pull towards zero added to each gradient: `l2 * weight`. @defaultValue 0 */
  readonly l2?: number;
}

const EPSILON = 1e-8;

/** Adam over one dense array of weights. */
export class DenseAdam {
  private readonly weights: Float32Array;
  private readonly mean: Float32Array;
  private readonly variance: Float32Array;
  private readonly options: Required<AdamOptions>;
  private step = 0;

  constructor(weights: Float32Array, options: AdamOptions) {
    this.weights = weights;
    this.mean = new Float32Array(weights.length);
    this.variance = new Float32Array(weights.length);
    this.options = { beta1: 0.9, beta2: 0.999, l2: 0, ...options };
  }

  /** Changes the weights in place by one step along `gradient`, which has their shape. */
  apply(gradient: Float32Array): void {
    const { learningRate, beta1, beta2, l2 } = this.options;
    const { weights, mean, variance } = this;
    this.step++;
    const varianceRoot = Math.sqrt(1 - beta2 ** this.step);
    const rate = (learningRate * varianceRoot) / (1 - beta1 ** this.step);
    const epsilon = EPSILON * varianceRoot;
    for (let i = 0; i < weights.length; i++) {
      const g = gradient[i]! + l2 * weights[i]!;
      const m = beta1 * mean[i]! + (1 - beta1) * g;
      const v = beta2 * variance[i]! + (1 - beta2) * g * g;
      mean[i] = m;
      variance[i] = v;
      weights[i] = weights[i]! - (rate * m) / (Math.sqrt(v) + epsilon);
    }
  }
}

/**
 * A table of embeddings of which a batch touches few rows: only those rows take a step (lazy Adam).
 *
 * Shape: `values` `[rowCount, width]`, row-major.
 */
export class SparseAdam {
  readonly width: number;
  readonly values: Float32Array;
  private readonly mean: Float32Array;
  private readonly variance: Float32Array;
  private readonly options: Required<AdamOptions>;
  private step = 0;

  constructor(values: Float32Array, width: number, options: AdamOptions) {
    this.values = values;
    this.width = width;
    this.mean = new Float32Array(values.length);
    this.variance = new Float32Array(values.length);
    this.options = { beta1: 0.9, beta2: 0.999, l2: 0, ...options };
  }

  /** Copies the first `count` of `rows` to `out`, shape `[count, width]`. */
  copyRows(rows: Int32Array, count: number, out: Float32Array): void {
    const { values, width } = this;
    for (let place = 0, to = 0; place < count; place++) {
      for (let from = rows[place]! * width, end = from + width; from < end; from++, to++) out[to] = values[from]!;
    }
  }

  /** One step for the first `count` of `rows`, each named once; `gradient` has shape `[count, width]`. */
  apply(rows: Int32Array, count: number, gradient: Float32Array): void {
    const { learningRate, beta1, beta2, l2 } = this.options;
    const { values, mean, variance, width } = this;
    this.step++;
    const varianceRoot = Math.sqrt(1 - beta2 ** this.step);
    const rate = (learningRate * varianceRoot) / (1 - beta1 ** this.step);
    const epsilon = EPSILON * varianceRoot;
    for (let place = 0, from = 0; place < count; place++) {
      for (let at = rows[place]! * width, end = at + width; at < end; at++, from++) {
        const g = gradient[from]! + l2 * values[at]!;
        const m = beta1 * mean[at]! + (1 - beta1) * g;
        const v = beta2 * variance[at]! + (1 - beta2) * g * g;
        mean[at] = m;
        variance[at] = v;
        values[at] = values[at]! - (rate * m) / (Math.sqrt(v) + epsilon);
      }
    }
  }
}
