import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WireReader } from './wire-reader.ts';
import { WIRE_TYPES, WireWriter } from './wire-writer.ts';

function written(write: (to: WireWriter) => void): Buffer {
  const writer = new WireWriter();
  write(writer);
  return writer.finish();
}

describe('WireWriter', () => {
  it('writes numbers as protobuf does', () => {
    // Source: Protocol Buffers documentation, "Encoding": 150 is 96 01.
    expect(written((to) => to.varint(150)).toString('hex')).toBe('9601');
    expect(written((to) => to.varint(0)).toString('hex')).toBe('00');
    expect(written((to) => to.varint(2 ** 31)).toString('hex')).toBe('8080808008');
    expect(written((to) => to.varint(Number.MAX_SAFE_INTEGER)).toString('hex')).toBe('ffffffffffffff0f');
  });

  it.each([-1, 0.5, Number.NaN, 2 ** 53])('refuses %d', (value) => {
    expect(() => new WireWriter().varint(value)).toThrow(expect.objectContaining({ code: 'REC_INTERNAL' }));
  });

  it('writes texts with their length, field and kind', () => {
    // Source: the same: field 2 with "testing" is 12 07 74 65 73 74 69 6e 67.
    const bytes = written((to) => {
      to.tag(2, WIRE_TYPES.bytes);
      to.string('testing');
    });
    expect(bytes.toString('hex')).toBe('120774657374696e67');
  });

  it('gives back any numbers and texts, however deep and long, and hands out copies', () => {
    const writer = new WireWriter();
    const parts = fc.array(fc.tuple(fc.maxSafeNat(), fc.string({ unit: 'grapheme', maxLength: 400 })), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(parts, (all) => {
        writer.reset();
        for (const [number, text] of all) {
          const outer = writer.begin(3);
          const inner = writer.begin(1);
          writer.varint(number);
          writer.end(inner);
          writer.tag(2, WIRE_TYPES.bytes);
          writer.string(text);
          writer.end(outer);
        }
        const bytes = writer.finish();
        writer.reset();
        writer.string('x'.repeat(100));
        expect(readBack(bytes)).toEqual(all);
      }),
      { numRuns: 200 },
    );
  });
});

function readBack(bytes: Uint8Array): [number, string][] {
  const reader = new WireReader(bytes);
  const all: [number, string][] = [];
  while (reader.next()) {
    const outer = reader.enter();
    reader.next();
    const inner = reader.enter();
    const number = reader.varint();
    reader.leave(inner);
    reader.next();
    all.push([number, reader.string()]);
    reader.leave(outer);
  }
  return all;
}

describe('texts', () => {
  const textsOf = (...texts: string[]): string[] => {
    const bytes = written((to) => {
      for (const text of texts) to.string(text);
    });
    const reader = new WireReader(bytes);
    return texts.map(() => reader.string());
  };

  it('are the texts that were written, read for the first time or again', () => {
    const text = fc.oneof(fc.string({ maxLength: 70 }), fc.string({ unit: 'grapheme', maxLength: 40 }));
    fc.assert(
      fc.property(fc.array(text, { maxLength: 40 }), (texts) => {
        expect(textsOf(...texts, ...texts)).toEqual([...texts, ...texts]);
      }),
      { numRuns: 300 },
    );
  });

  it('are not taken for others whose letters have the numbers of their bytes', () => {
    const accented = 'é';
    const asBytes = Buffer.from(accented).toString('latin1');
    expect(textsOf(asBytes, accented, asBytes, accented)).toEqual([asBytes, accented, asBytes, accented]);
  });
});
