import {
  Bool,
  type Data,
  DataType,
  Dictionary,
  Field,
  Float32,
  Float64,
  Int32,
  List,
  makeData,
  makeVector,
  RecordBatch,
  Schema,
  Struct,
  Table,
  TimestampMillisecond,
  tableFromIPC,
  tableToIPC,
  Utf8,
  type Vector,
} from 'apache-arrow';
import { messageOf, VitrineError } from '../core/errors.ts';

/** A column on its way into a table. */
export interface ArrowColumn {
  readonly name: string;
  readonly data: Data;
}

/** Lists of (item, weight) pairs, one list a row: row i has the entries from `offsets[i]` to `offsets[i + 1]`. */
export interface EntryLists {
  readonly offsets: Int32Array;
  readonly items: Int32Array;
  readonly weights: Float32Array;
}

const MAX_TEXT_BYTES = 2 ** 31 - 1;

/** Refuses a table. Errors: REC_BUNDLE_INVALID naming table and fault. */
export function refuseTable(table: string, fault: string, cause?: unknown): never {
  throw new VitrineError('REC_BUNDLE_INVALID', `${table} ${fault}; train again or restore the file`, {
    details: { table },
    cause,
  });
}

/** The bytes of an Arrow file with one record batch. */
export function encodeTable(columns: readonly ArrowColumn[], rowCount: number): Uint8Array {
  const fields = columns.map(({ name, data }) => new Field(name, data.type, true));
  const schema = new Schema(fields);
  const children = columns.map(({ data }) => data);
  const rows = makeData({ type: new Struct(fields), length: rowCount, nullCount: 0, children });
  return tableToIPC(new Table(schema, [new RecordBatch(schema, rows)]), 'file');
}

/**
 * Reads the bytes of an Arrow file or stream.
 *
 * The library trusts lengths inside the file's own description, so bytes from elsewhere must have been compared with a hash before.
 * Errors: REC_BUNDLE_INVALID when they are not one, or a column is shorter than the table says.
 * Ownership: columns are views of `bytes` where its alignment allows, so `bytes` must not change.
 */
export function decodeTable(bytes: Uint8Array, name: string): Table {
  let table: Table;
  try {
    table = tableFromIPC(bytes);
  } catch (error) {
    return refuseTable(name, `is not an Arrow file or was altered (${messageOf(error)})`, error);
  }
  if (table.numCols === 0) refuseTable(name, 'is not an Arrow file, or one without columns');
  for (const batch of table.batches) {
    for (const column of batch.data.children) {
      if (column.length !== batch.numRows || !hasItsBuffers(column)) refuseTable(name, 'has a column that is cut off');
    }
  }
  return table;
}

/** The column of that name; undefined when the table has none. */
export function columnOf(table: Table, name: string): Vector | undefined {
  return table.getChild(name) ?? undefined;
}

/** Whether the memory of a column is as long as its row count claims, all the way down. */
function hasItsBuffers(column: Data): boolean {
  const { length, type } = column;
  if (!Number.isSafeInteger(length) || length < 0) return false;
  if (column.nullCount > 0 && column.nullBitmap !== null && (column.nullBitmap?.length ?? 0) * 8 < length) return false;
  if (DataType.isList(type) || DataType.isUtf8(type)) {
    const offsets = column.valueOffsets as Int32Array;
    const end = DataType.isList(type) ? (column.children[0]?.length ?? -1) : column.values.length;
    // A column without rows may leave its offsets out.
    if (length > 0 && (offsets.length <= length || !areOffsetsSound(offsets, length, end))) return false;
    return column.children.every(hasItsBuffers);
  }
  if (DataType.isStruct(type)) {
    return column.children.every((child) => child.length >= length && hasItsBuffers(child));
  }
  if (DataType.isDictionary(type)) {
    const chunks = column.dictionary?.data ?? [];
    return column.values.length >= length && chunks.every(hasItsBuffers);
  }
  if (DataType.isBool(type)) return column.values.length * 8 >= length;
  return column.values === undefined || column.values.length >= length * column.stride;
}

function areOffsetsSound(offsets: Int32Array, length: number, end: number): boolean {
  if (offsets[0]! < 0 || offsets[length]! > end) return false;
  for (let i = 0; i < length; i++) if (offsets[i + 1]! < offsets[i]!) return false;
  return true;
}

/** Bits that say which values are present, and how many are not; no bitmap when all are. */
function presence(
  length: number,
  isPresent: (index: number) => boolean,
): { nullBitmap: Uint8Array | null; nullCount: number } {
  const bitmap = new Uint8Array((length + 7) >> 3);
  let nullCount = 0;
  for (let i = 0; i < length; i++) {
    if (isPresent(i)) bitmap[i >> 3]! |= 1 << (i & 7);
    else nullCount++;
  }
  return { nullBitmap: nullCount === 0 ? null : bitmap, nullCount };
}

/** Text kept as it comes, for columns whose values differ from row to row. Missing: undefined. */
export function textColumn(name: string, texts: readonly (string | undefined)[]): ArrowColumn {
  let byteCount = 0;
  for (const text of texts) if (text !== undefined) byteCount += Buffer.byteLength(text);
  if (byteCount > MAX_TEXT_BYTES) {
    throw new VitrineError(
      'REC_INVALID_INPUT_DATA',
      `column ${name} holds ${byteCount} bytes of text; at most ${MAX_TEXT_BYTES}`,
    );
  }
  const bytes = Buffer.alloc(byteCount);
  const valueOffsets = new Int32Array(texts.length + 1);
  let at = 0;
  for (let i = 0; i < texts.length; i++) {
    const text = texts[i];
    if (text !== undefined) at += bytes.write(text, at);
    valueOffsets[i + 1] = at;
  }
  const present = presence(texts.length, (i) => texts[i] !== undefined);
  return { name, data: makeData({ type: new Utf8(), length: texts.length, ...present, valueOffsets, data: bytes }) };
}

/**
 * Text kept as numbers of distinct values.
 *
 * Missing: undefined, also past the end of a shorter array.
 *
 * @param dictionaryId differs from column to column of one table
 */
export function dictionaryColumn(
  name: string,
  texts: readonly (string | undefined)[],
  length: number,
  dictionaryId: number,
): ArrowColumn {
  const numbers = new Map<string, number>();
  const codes = new Int32Array(length);
  for (let i = 0; i < length; i++) {
    const text = texts[i];
    if (text === undefined) continue;
    let code = numbers.get(text);
    if (code === undefined) {
      code = numbers.size;
      numbers.set(text, code);
    }
    codes[i] = code;
  }
  const dictionary = makeVector(textColumn(name, [...numbers.keys()]).data) as Vector<Utf8>;
  const type = new Dictionary(new Utf8(), new Int32(), dictionaryId);
  const present = presence(length, (i) => texts[i] !== undefined);
  return { name, data: makeData({ type, length, ...present, data: codes, dictionary }) };
}

/** Numbers. Missing: NaN. */
export function numberColumn(name: string, numbers: Float64Array): ArrowColumn {
  const present = presence(numbers.length, (i) => !Number.isNaN(numbers[i]));
  return { name, data: makeData({ type: new Float64(), length: numbers.length, ...present, data: numbers }) };
}

/** Moments in epoch milliseconds, kept whole. Missing: NaN. */
export function momentColumn(name: string, momentsMs: Float64Array): ArrowColumn {
  const whole = new BigInt64Array(momentsMs.length);
  for (let i = 0; i < momentsMs.length; i++) {
    if (!Number.isNaN(momentsMs[i])) whole[i] = BigInt(Math.round(momentsMs[i]!));
  }
  const present = presence(momentsMs.length, (i) => !Number.isNaN(momentsMs[i]));
  return { name, data: makeData({ type: new TimestampMillisecond(), length: whole.length, ...present, data: whole }) };
}

/** Claims: anything but 0 is true. */
export function booleanColumn(name: string, claims: Uint8Array): ArrowColumn {
  const { nullBitmap } = presence(claims.length, (i) => claims[i] !== 0);
  const bits = nullBitmap ?? new Uint8Array((claims.length + 7) >> 3).fill(0xff);
  return { name, data: makeData({ type: new Bool(), length: claims.length, nullCount: 0, data: bits }) };
}

/** Lists of pairs, without copying them. */
export function entryListColumn(name: string, lists: EntryLists, weightName: string): ArrowColumn {
  const fields = [new Field('item', new Int32(), false), new Field(weightName, new Float32(), false)];
  const pair = new Struct(fields);
  const length = lists.items.length;
  const children: Data[] = [
    makeData({ type: new Int32(), length, nullCount: 0, data: lists.items }),
    makeData({ type: new Float32(), length, nullCount: 0, data: lists.weights }),
  ];
  const child = makeData({ type: pair, length, nullCount: 0, children });
  const type = new List(new Field('entry', pair, false));
  const rowCount = lists.offsets.length - 1;
  return { name, data: makeData({ type, length: rowCount, nullCount: 0, valueOffsets: lists.offsets, child }) };
}

/** Text values of a column, plain or by dictionary; equal texts of a dictionary share one string. Missing: undefined. */
export function readTexts(column: Vector, describe: () => string): (string | undefined)[] {
  const texts: (string | undefined)[] = new Array(column.length);
  const dictionaries = new Map<Vector, (string | undefined)[]>();
  let row = 0;
  for (const chunk of column.data) {
    if (DataType.isDictionary(chunk.type) && chunk.dictionary !== undefined) {
      const values = dictionaries.get(chunk.dictionary) ?? readTexts(chunk.dictionary, describe);
      dictionaries.set(chunk.dictionary, values);
      for (let i = 0; i < chunk.length; i++, row++) {
        if (!chunk.getValid(i)) continue;
        texts[row] = values[Number(chunk.values[i])] ?? refuseTable(describe(), 'has a code without text');
      }
    } else if (DataType.isUtf8(chunk.type)) {
      const bytes = Buffer.from(chunk.values.buffer, chunk.values.byteOffset, chunk.values.byteLength);
      const offsets = chunk.valueOffsets as Int32Array;
      for (let i = 0; i < chunk.length; i++, row++) {
        if (chunk.getValid(i)) texts[row] = bytes.toString('utf8', offsets[i]!, offsets[i + 1]!);
      }
    } else {
      return refuseTable(describe(), `is ${String(chunk.type)}; expected text`);
    }
  }
  return texts;
}

/** Numbers or moments of a column, moments in epoch milliseconds. Missing: NaN. */
export function readNumbers(column: Vector, describe: () => string): Float64Array {
  const { type } = column;
  if (!DataType.isFloat(type) && !DataType.isInt(type) && !DataType.isTimestamp(type)) {
    refuseTable(describe(), `is ${String(type)}; expected numbers`);
  }
  const numbers = new Float64Array(column.length);
  let row = 0;
  for (const value of column) numbers[row++] = value === null ? Number.NaN : Number(value);
  return numbers;
}

/** Claims of a column. Missing: true, as for a product whose availability nobody stated. */
export function readBooleans(column: Vector, describe: () => string): Uint8Array {
  if (!DataType.isBool(column.type)) refuseTable(describe(), `is ${String(column.type)}; expected true or false`);
  const claims = new Uint8Array(column.length);
  let row = 0;
  for (const value of column) claims[row++] = value === false ? 0 : 1;
  return claims;
}

/** Lists of pairs; views of the table's memory when it has one record batch. */
export function readEntryLists(column: Vector, describe: () => string): EntryLists {
  const parts = column.data.map((chunk) => entryListsOf(chunk, describe));
  if (parts.length === 1) return parts[0]!;
  const rowCount = parts.reduce((sum, part) => sum + part.offsets.length - 1, 0);
  const entryCount = parts.reduce((sum, part) => sum + part.items.length, 0);
  const whole = {
    offsets: new Int32Array(rowCount + 1),
    items: new Int32Array(entryCount),
    weights: new Float32Array(entryCount),
  };
  let row = 0;
  let entry = 0;
  for (const part of parts) {
    whole.items.set(part.items, entry);
    whole.weights.set(part.weights, entry);
    for (let i = 1; i < part.offsets.length; i++) whole.offsets[++row] = entry + part.offsets[i]!;
    entry += part.items.length;
  }
  return whole;
}

function entryListsOf(chunk: Data, describe: () => string): EntryLists {
  const pairs = chunk.children[0];
  const [items, weights] = pairs?.children ?? [];
  const isExpected =
    DataType.isList(chunk.type) &&
    items !== undefined &&
    weights !== undefined &&
    items.values instanceof Int32Array &&
    weights.values instanceof Float32Array &&
    chunk.nullCount + items.nullCount + weights.nullCount === 0;
  if (!isExpected) return refuseTable(describe(), `is ${String(chunk.type)}; expected lists of (int32, float32)`);
  if (chunk.length === 0) return { offsets: new Int32Array(1), items: new Int32Array(0), weights: new Float32Array(0) };
  const offsets = (chunk.valueOffsets as Int32Array).subarray(0, chunk.length + 1);
  const end = offsets[chunk.length]!;
  if (offsets[0] !== 0) return refuseTable(describe(), 'does not start at its first entry');
  return { offsets, items: items.values.subarray(0, end), weights: weights.values.subarray(0, end) };
}
