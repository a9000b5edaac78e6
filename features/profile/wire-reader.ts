import { invalidRecord } from './invalid-record.ts';
import { WIRE_TYPES } from './wire-writer.ts';

const SEVEN_BITS = 128;
const LONGEST_VARINT_BYTES = 10;

/** Texts up to this length are looked through for letters that are not ASCII. */
const LONGEST_SHORT_TEXT = 64;

const decoder = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads protobuf fields one after another.
 *
 * Errors: REC_RECORD_INVALID when the bytes end early or say what cannot be.
 */
export class WireReader {
  /** Number of the field read last, and how its value is written. */
  field = 0;
  wireType = 0;
  private readonly bytes: Buffer;
  private readonly view: DataView;
  /** The bytes as letters, each byte one; undefined until a text is asked for. */
  private letters: string | undefined;
  private position = 0;
  private end: number;

  constructor(bytes: Uint8Array) {
    this.bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.end = bytes.length;
  }

  /** Goes to the next field of the message; false at its end. */
  next(): boolean {
    if (this.position >= this.end) return false;
    const tag = this.varint();
    this.field = Math.floor(tag / 8);
    this.wireType = tag % 8;
    if (this.field === 0) throw invalidRecord('it has a field without a number');
    return true;
  }

  /** Whole number, at most 2^53 - 1. */
  varint(): number {
    const { bytes, end } = this;
    let { position } = this;
    let value = 0;
    let scale = 1;
    for (let i = 0; i < LONGEST_VARINT_BYTES && position < end; i++) {
      const byte = bytes[position++]!;
      value += (byte & 0x7f) * scale;
      if (byte < SEVEN_BITS) {
        if (value > Number.MAX_SAFE_INTEGER) throw invalidRecord(`a number is ${value}, beyond what a record may hold`);
        this.position = position;
        return value;
      }
      scale *= SEVEN_BITS;
    }
    throw invalidRecord('it ends within a number');
  }

  float(): number {
    return this.view.getFloat32(this.skip(4), true);
  }

  double(): number {
    return this.view.getFloat64(this.skip(8), true);
  }

  /** The 64 bits as a number, rounded when there are more than 53. */
  fixed64(): number {
    return Number(this.view.getBigUint64(this.skip(8), true));
  }

  /** A view, not a copy. */
  bytesField(): Uint8Array {
    const length = this.varint();
    const start = this.skip(length);
    return this.bytes.subarray(start, start + length);
  }

  /** Ownership: whoever keeps a text may keep all the bytes in memory with it, as letters. */
  string(): string {
    const length = this.varint();
    return this.textAt(this.skip(length), length);
  }

  /** Narrows the reader to the message or list that begins here; give the result to {@link leave}. */
  enter(): number {
    const length = this.varint();
    const outerEnd = this.end;
    const end = this.position + length;
    if (end > outerEnd) throw invalidRecord('it ends within a part');
    this.end = end;
    return outerEnd;
  }

  leave(outerEnd: number): void {
    this.position = this.end;
    this.end = outerEnd;
  }

  /** Whether more of the list or message is left. */
  hasMore(): boolean {
    return this.position < this.end;
  }

  /** Passes over the value of a field nobody asked for. */
  skipField(): void {
    switch (this.wireType) {
      case WIRE_TYPES.varint:
        this.varint();
        return;
      case WIRE_TYPES.fixed64:
        this.skip(8);
        return;
      case WIRE_TYPES.bytes:
        this.skip(this.varint());
        return;
      case WIRE_TYPES.fixed32:
        this.skip(4);
        return;
      default:
        throw invalidRecord(`it has a field of wire type ${this.wireType}`);
    }
  }

  private textAt(start: number, length: number): string {
    if (length === 0) return '';
    // Most texts are short and of ASCII letters, which are the same in Latin-1. One call makes letters of all bytes and a text is cut out of
    // them, since a call for each text took most of the time of reading a profile (bench: `--micro profile-codec`).
    if (length <= LONGEST_SHORT_TEXT && this.isAscii(start, length)) {
      this.letters ??= this.bytes.toString('latin1');
      return this.letters.slice(start, start + length);
    }
    try {
      return decoder.decode(this.bytes.subarray(start, start + length));
    } catch (error) {
      throw invalidRecord('a text is not UTF-8', error);
    }
  }

  private isAscii(start: number, length: number): boolean {
    let bits = 0;
    for (let i = 0; i < length; i++) bits |= this.bytes[start + i]!;
    return bits < SEVEN_BITS;
  }

  private skip(length: number): number {
    const start = this.position;
    if (start + length > this.end) throw invalidRecord('it ends within a value');
    this.position = start + length;
    return start;
  }
}
