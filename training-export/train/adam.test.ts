import { describe, expect, it } from 'vitest';
import { DenseAdam, SparseAdam } from './adam.ts';

describe('DenseAdam', () => {
  it('takes the steps of the published algorithm', () => {
    const weights = Float32Array.of(1, 1);
    const adam = new DenseAdam(weights, { learningRate: 0.1 });
    adam.apply(Float32Array.of(0.5, 0));
    // Corrected mean 0.5 and root of variance 0.5: a full step.
    expect(weights[0]).toBeCloseTo(0.9, 6);
    adam.apply(Float32Array.of(-0.25, 0));
    // Mean 0.9 * 0.05 - 0.025 = 0.02, over 0.19: 0.105263; variance 0.00024975 + 0.0000625 = 0.00031225, over 0.001999: 0.156203.
    expect(weights[0]).toBeCloseTo(0.9 - (0.1 * 0.105263) / Math.sqrt(0.156203), 5);
    expect(weights[1]).toBe(1);
  });

  it('takes a first step of the learning rate, whatever the size of the gradient', () => {
    const weights = Float32Array.of(0, 0, 0);
    new DenseAdam(weights, { learningRate: 0.01 }).apply(Float32Array.of(-7, 1000, 1e-5));
    expect(weights[0]).toBeCloseTo(0.01, 7);
    expect(weights[1]).toBeCloseTo(-0.01, 7);
    // Down to where the gradient is no longer large beside the 1e-8 that keeps the division finite.
    expect(weights[2]).toBeCloseTo(-0.01 / 1.001, 7);
  });

  it('adds the pull towards zero to the gradient', () => {
    const pulled = Float32Array.of(2);
    const plain = Float32Array.of(2);
    const options = { learningRate: 0.1, beta1: 0, beta2: 0.5 };
    const pulledAdam = new DenseAdam(pulled, { ...options, l2: 0.25 });
    const plainAdam = new DenseAdam(plain, options);
    pulledAdam.apply(Float32Array.of(1));
    plainAdam.apply(Float32Array.of(1.5));
    expect(pulled).toEqual(plain);
    pulledAdam.apply(Float32Array.of(-1));
    plainAdam.apply(Float32Array.of(-1 + 0.25 * plain[0]!));
    expect(pulled[0]).toBeCloseTo(plain[0]!, 6);
    expect(pulled[0]).not.toBeCloseTo(1.9, 3);
  });
});

describe('SparseAdam', () => {
  it('steps the named rows as the dense form would and leaves the others alone', () => {
    const values = Float32Array.of(1, 2, 3, 4, 5, 6);
    const sparse = new SparseAdam(values, 2, { learningRate: 0.1 });
    const dense = Float32Array.of(5, 6, 1, 2);
    const denseAdam = new DenseAdam(dense, { learningRate: 0.1 });
    for (const gradient of [Float32Array.of(0.1, -0.2, 0.3, 0.4), Float32Array.of(-1, 0, 0.5, 0.2)]) {
      sparse.apply(Int32Array.of(2, 0, 99), 2, gradient);
      denseAdam.apply(gradient);
    }
    expect(Array.from(values)).toEqual([dense[2], dense[3], 3, 4, dense[0], dense[1]]);
  });

  it('gives a row touched later the bias correction of the run, not of the row', () => {
    const values = Float32Array.of(1, 1);
    const adam = new SparseAdam(values, 1, { learningRate: 0.1 });
    adam.apply(Int32Array.of(0), 1, Float32Array.of(3));
    adam.apply(Int32Array.of(1), 1, Float32Array.of(3));
    expect(values[0]).toBeCloseTo(0.9, 6);
    // Step 2: sqrt(1 - 0.999^2) / (1 - 0.9^2) * 0.1 * 3 / sqrt(0.001 * 9) = 0.744136 of the learning rate.
    expect(values[1]).toBeCloseTo(1 - 0.0744136, 6);
  });

  it('copies rows in the order asked for', () => {
    const adam = new SparseAdam(Float32Array.of(1, 2, 3, 4, 5, 6), 2, { learningRate: 1 });
    const out = new Float32Array(5).fill(9);
    adam.copyRows(Int32Array.of(2, 0, 1), 2, out);
    expect(Array.from(out)).toEqual([5, 6, 1, 2, 9]);
  });
});
