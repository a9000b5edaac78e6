import { buildHnswGraph } from '../../../models/retrieval/hnsw-graph.ts';
import { HnswRetriever } from '../../../models/retrieval/hnsw-retriever.ts';
import type { LogFields } from '../../observability/logger.ts';
import type { PipelineModel } from '../model-context.ts';
import { aModel, directionOf, EMBEDDING_DIM, type TestModelOptions } from './a-model.ts';

/** A small model (see `aModel`) whose index is the one that serves: products can be added to it, moved and taken out. */
export async function aGrowingModel(
  options: TestModelOptions,
): Promise<PipelineModel & { readonly retriever: HnswRetriever }> {
  const { items } = options;
  const embeddings = Float32Array.from(items.flatMap(({ angle = 0 }) => directionOf(angle)));
  const graph = await buildHnswGraph(embeddings, items.length, EMBEDDING_DIM, { m: 8, efConstruction: 50, seed: 1 });
  return { ...(await aModel(options)), retriever: new HnswRetriever(graph, 50) };
}

/** Keeps what is logged. */
export function aQuietLog() {
  const lines: { readonly level: string; readonly message: string; readonly fields: LogFields }[] = [];
  const at =
    (level: string) =>
    (message: string, fields: LogFields = {}): void =>
      void lines.push({ level, message, fields });
  return { lines, logger: { info: at('info'), warn: at('warn'), error: at('error') } };
}
