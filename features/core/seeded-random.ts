/**
 * Repeatable randomness for training, demos and tests: the same seed gives the same numbers on every machine.
 *
 * Source: sfc32 from PractRand (Chris Doty-Humphrey), seeded through splitmix32.
 */
export class SeededRandom {
  private a: number;
  private b: number;
  private c: number;
  private counter = 1;
  private spareNormal = Number.NaN;

  /** @param seed any 32-bit integer */
  constructor(seed: number) {
    let state = seed | 0;
    const next = (): number => {
      state = (state + 0x9e3779b9) | 0;
      let z = state ^ (state >>> 16);
      z = Math.imul(z, 0x21f0aaad);
      z ^= z >>> 15;
      z = Math.imul(z, 0x735a2d97);
      return z ^ (z >>> 15);
    };
    this.a = next();
    this.b = next();
    this.c = next();
    for (let i = 0; i < 12; i++) this.nextUint32();
  }

  /** Uniform integer in 0 .. 2^32 - 1. */
  nextUint32(): number {
    const t = (((this.a + this.b) | 0) + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = ((this.c << 21) | (this.c >>> 11)) + t;
    this.c |= 0;
    return t >>> 0;
  }

  /** Uniform in [0, 1). */
  next(): number {
    return this.nextUint32() / 4_294_967_296;
  }

  /** Uniform integer in 0 .. bound - 1; `bound` must be at least 1. */
  nextInt(bound: number): number {
    return Math.floor(this.next() * bound);
  }

  /** Normal with mean 0 and standard deviation 1 (Box-Muller, both values used). */
  nextNormal(): number {
    if (!Number.isNaN(this.spareNormal)) {
      const spare = this.spareNormal;
      this.spareNormal = Number.NaN;
      return spare;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - this.next()));
    const angle = 2 * Math.PI * this.next();
    this.spareNormal = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  /** Shuffles in place (Fisher-Yates). */
  shuffle<T>(values: T[] | Int32Array | Uint32Array): void {
    const array = values as { [index: number]: unknown; length: number };
    for (let i = array.length - 1; i > 0; i--) {
      const j = this.nextInt(i + 1);
      const swap = array[i];
      array[i] = array[j];
      array[j] = swap;
    }
  }

  /** A generator for a sub-task whose draws do not disturb this one's sequence beyond one step. */
  fork(): SeededRandom {
    return new SeededRandom(this.nextUint32());
  }
}
