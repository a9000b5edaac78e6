/** Arrays that training steps reuse: one per name, as long as the longest batch so far. */
export class BatchBuffers {
  private readonly floatArrays = new Map<string, Float32Array>();
  private readonly intArrays = new Map<string, Int32Array>();

  /** `length` numbers with undefined content, valid until the next call with this name. */
  floats(name: string, length: number): Float32Array {
    let array = this.floatArrays.get(name);
    if (array === undefined || array.length < length) {
      array = new Float32Array(Math.ceil(length * 1.25));
      this.floatArrays.set(name, array);
    }
    return array.subarray(0, length);
  }

  /** As {@link floats}. */
  ints(name: string, length: number): Int32Array {
    let array = this.intArrays.get(name);
    if (array === undefined || array.length < length) {
      array = new Int32Array(Math.ceil(length * 1.25));
      this.intArrays.set(name, array);
    }
    return array.subarray(0, length);
  }
}
