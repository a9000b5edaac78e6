import type { FoldParts } from './fold-parts.ts';
import type { RankRequest } from './ranker.ts';

/** Codes that could reach this are renumbered first: they are kept as int32. */
const CODE_LIMIT = 2 ** 31;

/**
 * The distinct combinations of cross values among the candidates of one query, each once: most candidates share theirs, and a
 * combination is folded once for all.
 *
 * Ownership: one query's at a time, from {@link collect} until its run has ended.
 */
export class CrossCombinations {
  /** Distinct combinations. */
  count = 0;
  /** Rows of the table of cross values, shape `[count, fields]`, row-major; may be longer. */
  ids: Int32Array = new Int32Array(0);
  /** Combination of each candidate; may be longer. */
  index: Int32Array = new Int32Array(0);
  private readonly fields: FoldParts['cross'];
  /** Ids of one field, of all candidates or of {@link firstItems}. */
  private column: Int32Array = new Int32Array(0);
  /** A product of each combination: the first candidate that has it. */
  private firstItems: Int32Array = new Int32Array(0);
  /** Code of each combination found. */
  private codeOf: Int32Array = new Int32Array(0);
  /** Combination + 1 by hash of its code, open addressing, at most half full; 0 is free. */
  private table: Int32Array = new Int32Array(0);

  constructor({ cross }: FoldParts) {
    this.fields = cross;
  }

  /** Cost: linear in candidates. */
  collect(request: RankRequest): void {
    const { cross, itemIndexes, count } = request;
    this.reserve(count);
    // The candidate's combination of the fields so far as one number, until it is numbered.
    const { index: codes, column } = this;
    codes.fill(0, 0, count);
    let codeCount = 1;
    for (const { slot, cardinality } of this.fields) {
      if (cross.constantOf(slot) !== undefined) continue;
      cross.writeColumn(slot, itemIndexes, count, column);
      if (codeCount * cardinality >= CODE_LIMIT) codeCount = this.number(itemIndexes, count);
      for (let i = 0; i < count; i++) codes[i] = (Math.imul(codes[i]!, cardinality) + column[i]!) | 0;
      codeCount *= cardinality;
    }
    this.count = this.number(itemIndexes, count);
    this.writeRows(cross);
  }

  /** Asks again for the ids of a product of each combination: they are few, and columns of all candidates need not be kept. */
  private writeRows(cross: RankRequest['cross']): void {
    const { fields, column, ids, count } = this;
    for (let f = 0; f < fields.length; f++) {
      const { slot, firstRow } = fields[f]!;
      const constant = cross.constantOf(slot);
      if (constant === undefined) cross.writeColumn(slot, this.firstItems, count, column);
      else column.fill(constant, 0, count);
      for (let i = 0, at = f; i < count; i++, at += fields.length) ids[at] = firstRow + column[i]!;
    }
  }

  /** Replaces the codes by numbers from 0 up, equal codes by the same, in order of appearance; returns how many there are. */
  private number(itemIndexes: Int32Array, count: number): number {
    const { index: codes, codeOf, firstItems, table } = this;
    table.fill(0);
    const mask = table.length - 1;
    let found = 0;
    for (let i = 0; i < count; i++) {
      const code = codes[i]!;
      // Neighbouring codes are spread by the high bits of a product with 2^32 / golden ratio.
      let place = (Math.imul(code, 0x9e3779b1) >>> 12) & mask;
      let number = table[place]! - 1;
      while (number >= 0 && codeOf[number] !== code) {
        place = (place + 1) & mask;
        number = table[place]! - 1;
      }
      if (number < 0) {
        number = found++;
        table[place] = found;
        codeOf[number] = code;
        firstItems[number] = itemIndexes[i]!;
      }
      codes[i] = number;
    }
    return found;
  }

  private reserve(count: number): void {
    if (this.index.length >= count) return;
    this.index = new Int32Array(count);
    this.column = new Int32Array(count);
    this.codeOf = new Int32Array(count);
    this.firstItems = new Int32Array(count);
    this.ids = new Int32Array(count * this.fields.length);
    this.table = new Int32Array(2 ** Math.ceil(Math.log2(2 * count)));
  }
}
