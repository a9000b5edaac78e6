import { type FileHandle, open } from 'node:fs/promises';
import { decodeHnswHeader, HNSW_HEADER_BYTES, readWords, upperLevelsStart } from './hnsw-file.ts';

const MAX_ELEMENTS_AT = 8;
const ELEMENT_COUNT_AT = 16;
/** Twins written at once: about a megabyte for usual embeddings. */
const TWINS_PER_WRITE = 2_048;

/**
 * Adds the items that share another item's embedding to an index file whose graph has one node per distinct embedding.
 *
 * A twin is stored as the library stores any element, but without links: the library loads it and never visits it. The place of its
 * first link, which the library does not read at a link count of zero, names the element it stands behind.
 *
 * @param embeddings shape `[itemCount, embeddingDim]`, row-major: what the graph was built from
 * @param representatives shape `[itemCount]`: as `findTwins` returns them; the graph's elements are the items with -1, in item order
 */
export async function appendHnswTwins(
  file: string,
  embeddings: Float32Array,
  representatives: Int32Array,
): Promise<void> {
  const elements = numberElements(representatives);
  if (elements.twins.length === 0) return;
  const handle = await open(file, 'r+');
  try {
    const head = new DataView((await readWords(handle, 0, HNSW_HEADER_BYTES)).buffer);
    const header = decodeHnswHeader(head);
    const { size } = await handle.stat();
    let at = upperLevelsStart(header);
    const upperLevels = await readWords(handle, at, size - at);
    const embeddingWords = new Int32Array(embeddings.buffer, embeddings.byteOffset, embeddings.length);
    const elementWords = header.elementBytes / 4;
    const dim = (header.labelOffset - header.embeddingOffset) / 4;
    for (let first = 0; first < elements.twins.length; first += TWINS_PER_WRITE) {
      const items = elements.twins.subarray(first, first + TWINS_PER_WRITE);
      const chunk = new Int32Array(items.length * elementWords);
      for (const [i, item] of items.entries()) {
        const start = i * elementWords;
        chunk[start + 1] = elements.elementOf[representatives[item]!]!;
        const embedding = embeddingWords.subarray(item * dim, (item + 1) * dim);
        chunk.set(embedding, start + header.embeddingOffset / 4);
        chunk[start + header.labelOffset / 4] = item;
      }
      at = await writeWords(handle, chunk, at);
    }
    at = await writeWords(handle, upperLevels, at);
    await writeWords(handle, new Int32Array(elements.twins.length), at);
    const elementCount = BigInt(representatives.length);
    head.setBigUint64(MAX_ELEMENTS_AT, elementCount, true);
    head.setBigUint64(ELEMENT_COUNT_AT, elementCount, true);
    await writeWords(handle, new Int32Array(head.buffer as ArrayBuffer), 0);
  } finally {
    await handle.close();
  }
}

/** Which items are twins, and the element number of every other item. */
function numberElements(representatives: Int32Array): { twins: Int32Array; elementOf: Int32Array } {
  const elementOf = new Int32Array(representatives.length).fill(-1);
  const twins: number[] = [];
  let elementCount = 0;
  for (const [item, representative] of representatives.entries()) {
    if (representative < 0) elementOf[item] = elementCount++;
    else twins.push(item);
  }
  return { twins: Int32Array.from(twins), elementOf };
}

async function writeWords(handle: FileHandle, words: Int32Array, at: number): Promise<number> {
  const bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, at + done);
    done += bytesWritten;
  }
  return at + bytes.length;
}
