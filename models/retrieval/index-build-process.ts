// A process of its own that builds one index and ends: linking a large graph takes minutes of a core that serves no requests.
import { readFile } from 'node:fs/promises';
import { constants, setPriority } from 'node:os';
import { messageOf } from '../../features/core/errors.ts';
import { buildHnswIndex } from './hnsw-graph.ts';
import type { IndexBuildAnswer, IndexBuildTask } from './index-build-task.ts';

process.once('message', (task: IndexBuildTask) => {
  void answerTo(task).then((answer) => {
    process.send?.(answer, () => process.exit(answer.isBuilt ? 0 : 1));
  });
});
// Whoever asked has ended: nobody is left to use the index.
process.once('disconnect', () => process.exit(1));

async function answerTo(task: IndexBuildTask): Promise<IndexBuildAnswer> {
  try {
    giveWay();
    const { embeddingsFile, itemCount, embeddingDim, m, efConstruction, seed, indexFile } = task;
    const bytes = new Uint8Array(await readFile(embeddingsFile));
    const embeddings = new Float32Array(bytes.buffer, 0, bytes.byteLength / Float32Array.BYTES_PER_ELEMENT);
    await buildHnswIndex(embeddings, itemCount, embeddingDim, { m, efConstruction, seed, file: indexFile });
    return { isBuilt: true };
  } catch (error) {
    return { isBuilt: false, message: messageOf(error) };
  }
}

/** Requests come first on a machine that is busy. */
function giveWay(): void {
  try {
    setPriority(constants.priority.PRIORITY_LOW);
  } catch {
    // Not allowed in some containers; then it runs like any process.
  }
}
