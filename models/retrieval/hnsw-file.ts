import { type FileHandle, open } from 'node:fs/promises';
import { messageOf, VitrineError } from '../../features/core/errors.ts';
import { hashWords } from './hnsw-twins.ts';

/** Bytes before the first element. Source: hnswlib 0.8, `HierarchicalNSW::saveIndex`. */
export const HNSW_HEADER_BYTES = 96;
/** Bytes read at once: large enough to be quick, small enough to hold up the event loop for two or three milliseconds only. */
const CHUNK_BYTES = 1 << 20;
/** A stored embedding this far from length 1 was not normalised, or was altered. */
const LENGTH_TOLERANCE = 1e-3;
const MAX_M = 10_000;
const MAX_EF_CONSTRUCTION = 1_000_000;
/** Space a file may ask to be reserved beyond its elements, as a factor and a constant, before its header counts as altered. */
const MAX_SPARE_FACTOR = 4;
const MAX_SPARE_ELEMENTS = 1_000_000;

/** The fixed part of an index file. */
export interface HnswHeader {
  readonly maxElements: number;
  readonly elementCount: number;
  readonly elementBytes: number;
  /** Where the embedding starts in an element; also the size of its link list. */
  readonly embeddingOffset: number;
  readonly labelOffset: number;
  readonly maxLevel: number;
  readonly entryPoint: number;
  readonly m: number;
  readonly efConstruction: number;
}

/** What a checked index file says of itself. */
export interface HnswFileFacts {
  readonly m: number;
  readonly efConstruction: number;
  /** Shape `[itemCount]`: the item whose node an item shares because their embeddings are equal, -1 for an item with its own node. */
  readonly representatives: Int32Array;
}

/** What an index file has to fit. */
export interface HnswExpectation {
  readonly itemCount: number;
  readonly embeddingDim: number;
}

/**
 * Proves that an index file can be given to the library, which follows whatever links and sizes it finds: reads all of it and checks the
 * header, every link, every label and the length of every embedding.
 *
 * Not found: a changed embedding that keeps its length, and a link to a wrong but existing element; only the bundle's hash finds these.
 *
 * Errors: REC_BUNDLE_INVALID naming the file and what is wrong.
 * Cost: reads the file once, in chunks between which other work runs; memory of about 10 bytes an element.
 */
export async function checkHnswFile(file: string, expected: HnswExpectation): Promise<HnswFileFacts> {
  const handle = await openIndexFile(file);
  try {
    const { size } = await handle.stat();
    const header = await readHeader(handle, file, size, expected);
    const elements = new ElementChecks(file, header, expected);
    await forEachChunk(handle, header, (words, first, count) => {
      const values = new Float32Array(words.buffer);
      for (let i = 0; i < count; i++) elements.check({ words, values }, first + i, i * (header.elementBytes / 4));
    });
    const upperStart = upperLevelsStart(header);
    checkUpperLevels(file, header, await readWords(handle, upperStart, size - upperStart));
    return { m: header.m, efConstruction: header.efConstruction, representatives: elements.representatives() };
  } finally {
    await handle.close();
  }
}

/** Byte at which the links above level 0 start. */
export function upperLevelsStart(header: HnswHeader): number {
  return HNSW_HEADER_BYTES + header.elementCount * header.elementBytes;
}

function refuse(file: string, what: string): never {
  throw new VitrineError('REC_BUNDLE_INVALID', `index file ${file} ${what}; train again or restore the file`, {
    details: { file },
  });
}

async function openIndexFile(file: string): Promise<FileHandle> {
  try {
    return await open(file, 'r');
  } catch (error) {
    throw new VitrineError('REC_BUNDLE_INVALID', `index file ${file} cannot be read: ${messageOf(error)}`, {
      details: { file },
      cause: error,
    });
  }
}

/** Decodes the header of a file; the values are not checked. */
export function decodeHnswHeader(bytes: DataView): HnswHeader & { readonly fixed: readonly number[] } {
  const size = (at: number): number => Number(bytes.getBigUint64(at, true));
  return {
    maxElements: size(8),
    elementCount: size(16),
    elementBytes: size(24),
    labelOffset: size(32),
    embeddingOffset: size(40),
    maxLevel: bytes.getInt32(48, true),
    entryPoint: bytes.getUint32(52, true),
    m: size(72),
    efConstruction: size(88),
    // Values that follow from the others: offset of level 0, maxM, maxM0, level factor.
    fixed: [size(0), size(56), size(64), bytes.getFloat64(80, true)],
  };
}

async function readHeader(
  handle: FileHandle,
  file: string,
  fileBytes: number,
  expected: HnswExpectation,
): Promise<HnswHeader> {
  if (fileBytes < HNSW_HEADER_BYTES || fileBytes % 4 !== 0) refuse(file, `has ${fileBytes} bytes, so it was cut off`);
  const header = decodeHnswHeader(new DataView((await readWords(handle, 0, HNSW_HEADER_BYTES)).buffer));
  const { m, maxElements, elementCount, elementBytes, embeddingOffset, labelOffset } = header;
  const isWhole =
    m >= 2 &&
    m <= MAX_M &&
    header.fixed[0] === 0 &&
    header.fixed[1] === m &&
    header.fixed[2] === 2 * m &&
    Math.abs(header.fixed[3]! - 1 / Math.log(m)) < 1e-9 &&
    embeddingOffset === 8 * m + 4 &&
    labelOffset > embeddingOffset &&
    elementBytes === labelOffset + 8 &&
    header.efConstruction >= 1 &&
    header.efConstruction <= MAX_EF_CONSTRUCTION;
  if (!isWhole) refuse(file, 'is not an hnswlib index or its header was altered');
  const dim = (labelOffset - embeddingOffset) / 4;
  if (dim !== expected.embeddingDim) {
    refuse(file, `holds embeddings of ${dim} dimensions; expected ${expected.embeddingDim}`);
  }
  if (elementCount !== expected.itemCount) {
    refuse(file, `holds ${elementCount} items; expected ${expected.itemCount}`);
  }
  if (maxElements < elementCount || maxElements > elementCount * MAX_SPARE_FACTOR + MAX_SPARE_ELEMENTS) {
    refuse(file, `reserves space for ${maxElements} items while it holds ${elementCount}`);
  }
  const leastBytes = HNSW_HEADER_BYTES + elementCount * (elementBytes + 4);
  if (fileBytes < leastBytes) refuse(file, `has ${fileBytes} bytes; ${elementCount} items need at least ${leastBytes}`);
  if (elementCount === 0 && fileBytes !== HNSW_HEADER_BYTES)
    refuse(file, 'has bytes after the header of an empty index');
  if (elementCount > 0 && (header.entryPoint >= elementCount || header.maxLevel < 0)) {
    refuse(file, 'starts at an element that does not exist');
  }
  return header;
}

/** One stretch of the file as integers and, over the same bytes, as numbers. */
interface Chunk {
  readonly words: Int32Array;
  readonly values: Float32Array;
}

/** Checks elements one by one and remembers what the whole needs: which labels came, and who shares whose node. */
class ElementChecks {
  private readonly file: string;
  private readonly header: HnswHeader;
  private readonly dim: number;
  private readonly labels: Int32Array;
  private readonly seenLabels: Uint8Array;
  private readonly hashes: Int32Array;
  /** Element -> element of its representative. */
  private readonly twins = new Map<number, number>();

  constructor(file: string, header: HnswHeader, expected: HnswExpectation) {
    this.file = file;
    this.header = header;
    this.dim = expected.embeddingDim;
    this.labels = new Int32Array(header.elementCount);
    this.seenLabels = new Uint8Array(header.elementCount);
    this.hashes = new Int32Array(header.elementCount);
  }

  check({ words, values }: Chunk, element: number, start: number): void {
    const { header, file } = this;
    const label = words[start + header.labelOffset / 4]!;
    const labelHigh = words[start + header.labelOffset / 4 + 1]!;
    if (labelHigh !== 0 || label < 0 || label >= header.elementCount || this.seenLabels[label] === 1) {
      refuse(file, `has a wrong or repeated item number at element ${element}`);
    }
    this.labels[element] = label;
    this.seenLabels[label] = 1;
    this.checkEmbedding(values, start + header.embeddingOffset / 4, label);
    this.hashes[element] = hashWords(words, start + header.embeddingOffset / 4, this.dim);
    const linkCount = words[start]!;
    // The two high bytes hold the library's mark for deleted elements, which a bundle never has.
    if (linkCount < 0 || linkCount > 2 * header.m) refuse(file, `has a wrong link count at item ${label}`);
    checkLinks(file, header, words, start + 1, linkCount);
    if (linkCount === 0 && element !== header.entryPoint) this.twins.set(element, words[start + 1]!);
  }

  /** Items by item number; only after all elements were checked. */
  representatives(): Int32Array {
    const representatives = new Int32Array(this.header.elementCount).fill(-1);
    for (const [element, other] of this.twins) {
      const isTwin =
        other >= 0 &&
        other < this.hashes.length &&
        !this.twins.has(other) &&
        this.hashes[other] === this.hashes[element];
      if (!isTwin) refuse(this.file, `has no link to item ${this.labels[element]}`);
      representatives[this.labels[element]!] = this.labels[other]!;
    }
    return representatives;
  }

  private checkEmbedding(values: Float32Array, start: number, label: number): void {
    let squaredLength = 0;
    for (let i = start; i < start + this.dim; i++) squaredLength += values[i]! * values[i]!;
    // Written so that NaN is refused too.
    if (!(Math.abs(Math.sqrt(squaredLength) - 1) <= LENGTH_TOLERANCE)) {
      refuse(this.file, `has an embedding of length ${Math.sqrt(squaredLength)} at item ${label}; expected 1`);
    }
  }
}

function checkLinks(file: string, header: HnswHeader, words: Int32Array, start: number, count: number): void {
  for (let i = start; i < start + count; i++) {
    const target = words[i]!;
    if (target < 0 || target >= header.elementCount) refuse(file, 'has a link to an element that does not exist');
  }
}

/** The part after the elements: per element the byte count of its links above level 0, then those links. */
function checkUpperLevels(file: string, header: HnswHeader, words: Int32Array): void {
  const levelWords = header.m + 1;
  const levels = new Uint8Array(header.elementCount);
  const starts = new Int32Array(header.elementCount);
  let at = 0;
  for (let element = 0; element < header.elementCount; element++) {
    const bytes = words[at++] ?? -1;
    const level = bytes / (levelWords * 4);
    if (!Number.isInteger(level) || level < 0 || level > header.maxLevel || level > 255) {
      refuse(file, 'is cut off or altered in its upper levels');
    }
    levels[element] = level;
    starts[element] = at;
    at += level * levelWords;
  }
  if (at !== words.length) refuse(file, 'is cut off or altered in its upper levels');
  if (header.elementCount > 0 && levels[header.entryPoint] !== header.maxLevel) {
    refuse(file, 'starts at an element that is not on the top level');
  }
  for (let element = 0; element < header.elementCount; element++) {
    for (let level = 1; level <= levels[element]!; level++) {
      const start = starts[element]! + (level - 1) * levelWords;
      const count = words[start]!;
      if (count < 0 || count > header.m) refuse(file, 'has a wrong link count in its upper levels');
      checkLinks(file, header, words, start + 1, count);
      for (let i = start + 1; i <= start + count; i++) {
        if (levels[words[i]!]! < level) refuse(file, 'links to an element on a level that element does not reach');
      }
    }
  }
}

/** Runs over the elements in chunks; the words given are valid during the call only. */
async function forEachChunk(
  handle: FileHandle,
  header: HnswHeader,
  visit: (words: Int32Array<ArrayBuffer>, firstElement: number, count: number) => void,
): Promise<void> {
  const { elementBytes, elementCount } = header;
  const perChunk = Math.max(1, Math.floor(CHUNK_BYTES / elementBytes));
  for (let first = 0; first < elementCount; first += perChunk) {
    const count = Math.min(perChunk, elementCount - first);
    visit(await readWords(handle, HNSW_HEADER_BYTES + first * elementBytes, count * elementBytes), first, count);
  }
}

/** Reads `byteCount` bytes, a multiple of four. Errors: REC_BUNDLE_INVALID when the file ends before. */
export async function readWords(handle: FileHandle, at: number, byteCount: number): Promise<Int32Array<ArrayBuffer>> {
  const bytes = new Uint8Array(byteCount);
  for (let done = 0; done < byteCount; ) {
    const { bytesRead } = await handle.read(bytes, done, byteCount - done, at + done);
    if (bytesRead === 0) throw new VitrineError('REC_BUNDLE_INVALID', 'an index file became shorter while it was read');
    done += bytesRead;
  }
  return new Int32Array(bytes.buffer);
}
