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
  /** Ids of all candidates, field by field, of fields whose value depends on the product. */
  private readonly columns: Int32Array[];
  /** First candidate that has a combination. */
  private firsts: Int32Array = new Int32Array(0);
  /** The candidate's combination of the fields so far as one number. */
  private codes: Int32Array = new Int32Array(0);
  /** Code of each combination found. */
  private codeOf: Int32Array = new Int32Array(0);
  /** Combination + 1 by hash of its code, open addressing, at most half full; 0 is free. */
  private table: Int32Array = new Int32Array(0);

  constructor({ cross }: FoldParts) {
    this.fields = cross;
    this.columns = cross.map(() => new Int32Array(0));
  }

  /** Cost: linear in candidates. */
  collect(request: RankRequest): void {
    const { fields, columns } = this;
    const { cross, itemIndexes, count } = request;
    this.reserve(count);
    const { codes, firsts, ids } = this;
    codes.fill(0, 0, count);
    let codeCount = 1;
    for (let f = 0; f < fields.length; f++) {
      const { slot, cardinality } = fields[f]!;
      if (cross.constantOf(slot) !== undefined) continue;
      const column = columns[f]!;
      cross.writeColumn(slot, itemIndexes, count, column);
      if (codeCount * cardinality >= CODE_LIMIT) codeCount = this.renumber(count);
      for (let i = 0; i < count; i++) codes[i] = (Math.imul(codes[i]!, cardinality) + column[i]!) | 0;
      codeCount *= cardinality;
    }
    this.renumber(count);
    for (let i = 0; i < count; i++) this.index[i] = codes[i]!;
    for (let combination = 0, at = 0; combination < this.count; combination++) {
      for (let f = 0; f < fields.length; f++) {
        const { slot, firstRow } = fields[f]!;
        ids[at++] = firstRow + (cross.constantOf(slot) ?? columns[f]![firsts[combination]!]!);
      }
    }
  }

  /** Replaces the codes by numbers from 0 up, equal codes by the same, in order of appearance; returns how many there are. */
  private renumber(count: number): number {
    const { codes, codeOf, firsts, table } = this;
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
        firsts[number] = i;
      }
      codes[i] = number;
    }
    this.count = found;
    return found;
  }

  private reserve(count: number): void {
    if (this.index.length >= count) return;
    this.index = new Int32Array(count);
    this.codes = new Int32Array(count);
    this.codeOf = new Int32Array(count);
    this.firsts = new Int32Array(count);
    this.ids = new Int32Array(count * this.fields.length);
    this.table = new Int32Array(2 ** Math.ceil(Math.log2(2 * count)));
    for (let f = 0; f < this.columns.length; f++) this.columns[f] = new Int32Array(count);
  }
}
