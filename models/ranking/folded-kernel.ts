import { messageOf, VitrineError } from '../../features/core/errors.ts';
import { SeededRandom } from '../../features/core/seeded-random.ts';
import {
  CROSS_LOOKUP,
  CROSS_LOOKUP_SIZE,
  CROSS_MOMENTS_SIZE,
  type CrossLookups,
  type CrossWriter,
} from '../../features/schema/cross-fields.ts';
import { PADDING_ID } from '../../features/schema/feature-schema.ts';
import type { TableField } from '../../features/schema/field-layout.ts';
import { type Kernels, kernelFields, type RankerKernel, type RankerKernelModel } from '../native/kernels.ts';
import type { EmbeddingTable } from '../onnx/field-pooler.ts';
import { findStoredTensors } from '../onnx/read-stored-tensors.ts';
import type { FoldParts } from './fold-parts.ts';
import type { FoldedItems, ItemIds } from './folded-items.ts';
import type { FoldedScorer, PreparedRanking } from './folded-scorer.ts';
import { checkProbabilities } from './probabilities.ts';
import type { RankRequest } from './ranker.ts';

/** Largest difference to the graph's answers: float32 sums in another order. */
const TOLERANCE = 1e-5;
const PROBE_REQUESTS = 8;
const PROBE_CANDIDATES = 40;
/** The probed are among so many first products. */
const PROBE_ITEMS = 500;
/** Hidden layers that are looked for in a file. */
const MAX_LAYERS = 16;

/** What a kernel is made from, and compared with. */
export interface FoldedKernelParts {
  /** Bytes of `ranker.serving.onnx`. */
  readonly model: Uint8Array;
  readonly parts: FoldParts;
  readonly tables: Required<EmbeddingTable>;
  readonly units: number;
  readonly items: FoldedItems;
  readonly source: Pick<ItemIds, 'itemCount'>;
  /** Runs the graph of the file. */
  readonly session: FoldedScorer;
}

/**
 * Scores candidates with the numbers of `ranker.serving.onnx` and without its graph: one native call finds the ids of cross fields, adds
 * rows up and computes the layers, and has rows of products on their way before it needs them.
 */
export class FoldedKernel implements FoldedScorer {
  readonly engine = 'kernel';
  private readonly kernel: RankerKernel;
  private readonly items: FoldedItems;
  private readonly slots: readonly number[];
  private readonly lookups: CrossLookups;
  /** Of fields that have an id for each product by itself, column after column; the next one is written behind it. */
  private columns: Int32Array = new Int32Array(0);
  private column: Int32Array = new Int32Array(0);

  constructor(kernel: RankerKernel, items: FoldedItems, { cross }: FoldParts) {
    this.kernel = kernel;
    this.items = items;
    this.slots = cross.map(({ slot }) => slot);
    this.lookups = {
      numbers: new Int32Array(cross.length * CROSS_LOOKUP_SIZE),
      moments: new Float64Array(cross.length * CROSS_MOMENTS_SIZE),
    };
  }

  rank({ queryIds, cross, itemIndexes, count }: RankRequest): Float32Array {
    this.writeLookups(cross, itemIndexes, count);
    const { lookups, columns, items } = this;
    const probabilities = new Float32Array(count);
    let invalid: number;
    try {
      invalid = this.kernel.rank(
        items.rows,
        itemIndexes,
        count,
        queryIds,
        lookups.numbers,
        lookups.moments,
        cross.cells,
        cross.codes,
        cross.codeStride,
        columns,
        probabilities,
      );
    } catch (cause) {
      throw new VitrineError('REC_RANKER_FAILED', `the ranking model failed: ${messageOf(cause)}`, { cause });
    }
    if (invalid >= 0) checkProbabilities(probabilities, count);
    return probabilities;
  }

  prepare(request: RankRequest): PreparedRanking {
    const own = { ...request, queryIds: request.queryIds.slice(), itemIndexes: request.itemIndexes.slice() };
    return { count: request.count, run: () => this.rank(own) };
  }

  async close(): Promise<void> {}

  private writeLookups(cross: CrossWriter, itemIndexes: Int32Array, count: number): void {
    const { slots, lookups } = this;
    let columnCount = 0;
    for (let field = 0; field < slots.length; field++) {
      cross.writeLookup(slots[field]!, lookups, field);
      const at = field * CROSS_LOOKUP_SIZE;
      if (lookups.numbers[at] !== CROSS_LOOKUP.each) continue;
      lookups.numbers[at + 1] = columnCount;
      this.writeColumn(cross, slots[field]!, itemIndexes, count, columnCount++ * count);
    }
  }

  private writeColumn(cross: CrossWriter, slot: number, itemIndexes: Int32Array, count: number, start: number): void {
    if (this.columns.length < start + count) {
      const columns = new Int32Array(2 * (start + count));
      columns.set(this.columns);
      this.columns = columns;
    }
    if (start === 0) {
      cross.writeColumn(slot, itemIndexes, count, this.columns);
      return;
    }
    if (this.column.length < count) this.column = new Int32Array(count);
    cross.writeColumn(slot, itemIndexes, count, this.column);
    this.columns.set(this.column.subarray(0, count), start);
  }
}

/**
 * Makes the kernel of a folded ranker; undefined where there are no kernels, the file's tensors are not those `buildServingModel` writes, or
 * the kernel does not give what the file's graph gives, within 1e-5, for some requests over the products there are.
 */
export async function openFoldedKernel(
  kernels: Kernels | undefined,
  from: FoldedKernelParts,
): Promise<FoldedKernel | undefined> {
  if (kernels === undefined || from.source.itemCount === 0) return undefined;
  const model = kernelModelOf(from);
  if (model === undefined) return undefined;
  let kernel: FoldedKernel;
  try {
    kernel = new FoldedKernel(new kernels.RankerKernel(model), from.items, from.parts);
  } catch {
    // Tensors of our names and other shapes: another graph than ours.
    return undefined;
  }
  return (await givesTheSame(kernel, from)) ? kernel : undefined;
}

function kernelModelOf({ model, parts, tables, units }: FoldedKernelParts): RankerKernelModel | undefined {
  const names = ['query_fold', 'query_bias', 'cross_rows', 'w_out', 'bias'];
  for (let layer = 1; layer < MAX_LAYERS; layer++) names.push(`w${layer}`, `b${layer}`);
  const found = findStoredTensors(model, names);
  const dataOf = (name: string): Float32Array | undefined => {
    const tensor = found[name];
    return typeof tensor === 'object' ? tensor.data : undefined;
  };
  const queryFold = dataOf('query_fold');
  const queryBias = dataOf('query_bias');
  const crossRows = parts.cross.length === 0 ? new Float32Array(0) : dataOf('cross_rows');
  if (queryFold === undefined || queryBias === undefined || crossRows === undefined) return undefined;
  const layers: { weights: Float32Array; bias: Float32Array; outputs: number }[] = [];
  const addLayer = (weightsName: string, biasName: string): boolean => {
    const [weights, bias] = [dataOf(weightsName), dataOf(biasName)];
    if (weights === undefined || bias === undefined) return false;
    layers.push({ weights, bias, outputs: bias.length });
    return true;
  };
  let layer = 1;
  while (addLayer(`w${layer}`, `b${layer}`)) layer++;
  addLayer('w_out', 'bias');
  return {
    ...tables,
    fields: kernelFields(parts.query, 0),
    units,
    queryFold,
    queryBias,
    crossRows,
    crossBoundaries: parts.cross.map(({ field }) =>
      Float64Array.from(field.kind === 'bucketized' ? field.boundaries : []),
    ),
    crossFields: Int32Array.from(parts.cross.flatMap(({ firstRow, cardinality }) => [firstRow, cardinality])),
    layers,
  };
}

/** Compares both on requests of random ids over the first products, a few of them twice. */
async function givesTheSame(kernel: FoldedScorer, { parts, session, source }: FoldedKernelParts): Promise<boolean> {
  const random = new SeededRandom(1);
  try {
    for (let i = 0; i < PROBE_REQUESTS; i++) {
      const request = probeOf(parts, Math.min(source.itemCount, PROBE_ITEMS), random);
      const [ours, expected] = [await kernel.rank(request), await session.rank(request)];
      for (let place = 0; place < request.count; place++)
        if (!(Math.abs(ours[place]! - expected[place]!) <= TOLERANCE)) return false;
    }
    return true;
  } catch (error) {
    // A graph that cannot answer them is judged by the golden cases.
    if (error instanceof VitrineError && error.code === 'REC_RANKER_FAILED') return false;
    throw error;
  }
}

function probeOf({ query, cross }: FoldParts, itemCount: number, random: SeededRandom): RankRequest {
  const last = query.at(-1);
  const queryIds = new Int32Array(last === undefined ? 0 : last.slot + last.slotCount).fill(PADDING_ID);
  for (const field of query) writeRandomIds(field, queryIds, random);
  const bySlot = new Map(
    cross.map(({ slot, cardinality }) => [slot, Array.from({ length: itemCount }, () => random.nextInt(cardinality))]),
  );
  return {
    queryIds,
    cross: eachByItself((slot, itemIndex) => bySlot.get(slot)![itemIndex]!),
    itemIndexes: Int32Array.from({ length: PROBE_CANDIDATES }, () => random.nextInt(itemCount)),
    count: PROBE_CANDIDATES,
  };
}

function writeRandomIds({ slot, slotCount, cardinality }: TableField, ids: Int32Array, random: SeededRandom): void {
  const present = 1 + random.nextInt(slotCount);
  for (let i = 0; i < present; i++) ids[slot + i] = random.nextInt(cardinality);
}

/** Cross fields whose ids a function gives. @internal */
export function eachByItself(idOf: (slot: number, itemIndex: number) => number): CrossWriter {
  return {
    write: () => undefined,
    writeColumn: (slot, itemIndexes, count, ids) => {
      for (let i = 0; i < count; i++) ids[i] = idOf(slot, itemIndexes[i]!);
    },
    constantOf: () => undefined,
    writeLookup: (_slot, { numbers }, place) => {
      numbers[place * CROSS_LOOKUP_SIZE] = CROSS_LOOKUP.each;
    },
    cells: new Int32Array(0),
    codes: new Int32Array(0),
    codeStride: 0,
  };
}
