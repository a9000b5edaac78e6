import { assertContract } from '../core/errors.ts';

const FIRST_CAPACITY = 4_096;
const INT32_RANGE = 2 ** 31;
const SEVEN_BITS = 128;
/** Longer texts are written natively, which costs more to begin with and less per letter. */
const LONGEST_LOOPED_TEXT = 64;
const LONGEST_VARINT_BYTES = 10;

export const WIRE_TYPES = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/**
 * Writes protobuf fields one after another into one buffer that is used again for the next message.
 *
 * Made for profile records, of which a server writes thousands a second: nothing is allocated but the result. Fields have to be written in
 * the order of their numbers to give the same bytes as any other encoder. Values that are the default of their field are the caller's
 * to leave out.
 */
export class WireWriter {
  private bytes = new Uint8Array(FIRST_CAPACITY);
  private view = new DataView(this.bytes.buffer);
  private text = Buffer.from(this.bytes.buffer);
  private position = 0;

  /** Begins a new message; what was not taken with {@link finish} is gone. */
  reset(): void {
    this.position = 0;
  }

  /** A copy of the message, the caller's own. */
  finish(): Buffer {
    const message = Buffer.allocUnsafe(this.position);
    this.text.copy(message, 0, 0, this.position);
    return message;
  }

  /** Bytes as they are, without a length. */
  raw(bytes: Uint8Array): void {
    this.ensure(bytes.length);
    this.bytes.set(bytes, this.position);
    this.position += bytes.length;
  }

  tag(field: number, wireType: number): void {
    this.varint(field * 8 + wireType);
  }

  /** @param value whole, 0 to 2^53 - 1 */
  varint(value: number): void {
    assertContract(Number.isSafeInteger(value) && value >= 0, 'a number in a profile record is whole and not below 0');
    this.ensure(LONGEST_VARINT_BYTES);
    let rest = value;
    let { position } = this;
    const { bytes } = this;
    while (rest >= INT32_RANGE) {
      bytes[position++] = (rest % SEVEN_BITS) | SEVEN_BITS;
      rest = Math.floor(rest / SEVEN_BITS);
    }
    while (rest >= SEVEN_BITS) {
      bytes[position++] = (rest & 0x7f) | SEVEN_BITS;
      rest >>>= 7;
    }
    bytes[position++] = rest;
    this.position = position;
  }

  float(value: number): void {
    this.ensure(4);
    this.view.setFloat32(this.position, value, true);
    this.position += 4;
  }

  double(value: number): void {
    this.ensure(8);
    this.view.setFloat64(this.position, value, true);
    this.position += 8;
  }

  byte(value: number): void {
    this.ensure(1);
    this.bytes[this.position++] = value;
  }

  /** Length and letters as UTF-8; lone surrogates become U+FFFD. */
  string(value: string): void {
    const { length } = value;
    this.ensure(LONGEST_VARINT_BYTES + 3 * length);
    if (length <= LONGEST_LOOPED_TEXT && this.asciiString(value)) return;
    this.varint(Buffer.byteLength(value, 'utf8'));
    this.position += this.text.write(value, this.position, 'utf8');
  }

  /** Begins a part whose length is not known yet; give the result to {@link end}. */
  begin(field: number): number {
    this.tag(field, WIRE_TYPES.bytes);
    // One byte is kept free for the length, which mostly suffices.
    this.ensure(1);
    return this.position++;
  }

  end(lengthAt: number): void {
    const length = this.position - lengthAt - 1;
    if (length < SEVEN_BITS) {
      this.bytes[lengthAt] = length;
      return;
    }
    let further = 1;
    for (let rest = length >>> 14; rest > 0; rest >>>= 7) further++;
    this.ensure(further);
    this.bytes.copyWithin(lengthAt + 1 + further, lengthAt + 1, this.position);
    const end = this.position + further;
    this.position = lengthAt;
    this.varint(length);
    this.position = end;
  }

  /** False, with nothing written, when there are other letters than ASCII. */
  private asciiString(value: string): boolean {
    const { bytes, position } = this;
    const { length } = value;
    for (let i = 0; i < length; i++) {
      const code = value.charCodeAt(i);
      if (code >= SEVEN_BITS) return false;
      bytes[position + 1 + i] = code;
    }
    bytes[position] = length;
    this.position = position + 1 + length;
    return true;
  }

  private ensure(count: number): void {
    const needed = this.position + count;
    if (needed <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    larger.set(this.bytes.subarray(0, this.position));
    this.bytes = larger;
    this.view = new DataView(larger.buffer);
    this.text = Buffer.from(larger.buffer);
  }
}
