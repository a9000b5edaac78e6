import { assertContract } from '../../features/core/errors.ts';
import type { FeatureStore } from '../../features/store/feature-store.ts';
import { ModelRegistry } from '../../models/bundle/model-registry.ts';
import type { ServingModel } from '../../models/bundle/serving-model.ts';
import type { HnswBuildChoice } from '../../models/retrieval/hnsw-library.ts';
import type { Logger } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';
import { CatalogueFeed, type CatalogueFeedParts } from '../pipeline/catalogue-feed.ts';
import { ModelContext } from '../pipeline/model-context.ts';
import type { ModelControl, ServedVersions } from './model-control.ts';

export interface LiveModelParts {
  readonly artifactsPath: string;
  readonly store: FeatureStore;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** How the catalogue of the model that serves is kept up to date. */
  readonly catalogue?: Pick<CatalogueFeedParts, 'pollMs' | 'rebuildRatio'>;
  /** Build of the index library. @defaultValue auto */
  readonly hnswBuild?: HnswBuildChoice;
}

/** A model with what the server keeps beside it; replaced as a whole. */
export interface ServedModel {
  readonly model: ServingModel;
  readonly context: ModelContext;
  /** Brings the model's catalogue up to date with the store's products. */
  readonly feed: CatalogueFeed;
}

/**
 * The model that serves, replaced while requests are answered.
 *
 * Model, catalogue and what queries share of them change together and only when the new ones are complete: opened, warmed, checked, the
 * store's products laid over. Whoever asks for {@link current} once per request sees one model from start to end. Of the model before,
 * which is kept for a rollback, the catalogue rests and is brought up to date before it serves again.
 */
export class LiveModel implements ModelControl {
  private readonly parts: LiveModelParts;
  private readonly registry: ModelRegistry;
  /** A model that is taken back keeps its context: requests that still use it share its working memory. */
  private readonly contexts = new WeakMap<ServingModel, ModelContext>();
  private readonly prepared = new Map<ServingModel, ServedModel>();
  private served: ServedModel | undefined;

  constructor(parts: LiveModelParts) {
    this.parts = parts;
    const hooks = {
      prepare: (model: ServingModel) => this.prepare(model),
      onReplaced: (model: ServingModel) => this.rest(model),
    };
    this.registry = new ModelRegistry(parts.artifactsPath, hooks, { hnswBuild: parts.hnswBuild ?? 'auto' });
  }

  /** Errors: REC_INTERNAL before the first {@link activate}. */
  get current(): ServedModel {
    assertContract(this.served !== undefined, 'no model is loaded yet');
    return this.served;
  }

  get versions(): ServedVersions {
    return { serving: this.current.model.modelVersion, previous: this.registry.previousVersion };
  }

  list(): Promise<readonly string[]> {
    return this.registry.list();
  }

  /**
   * Lets a version serve; the newest when `modelVersion` is ''.
   *
   * Errors: REC_BUNDLE_INVALID, REC_BUNDLE_INCOMPATIBLE, REC_INVALID_SCHEMA, REC_RECORD_INVALID; what serves stays as it was.
   */
  activate(modelVersion: string): Promise<ServedVersions> {
    return this.change(() => this.registry.activate(modelVersion), { asked: modelVersion || 'newest' });
  }

  /** Lets the model before serve again. Errors: as {@link activate}, and REC_BUNDLE_INVALID when there is none. */
  rollback(): Promise<ServedVersions> {
    return this.change(() => this.registry.rollback(), { asked: 'the one before' });
  }

  async close(): Promise<void> {
    await Promise.all(Array.from(this.prepared.values(), ({ feed }) => feed.stop()));
    await this.registry.close();
  }

  private async change(work: () => Promise<ServingModel>, fields: { readonly asked: string }): Promise<ServedVersions> {
    const { logger, metrics } = this.parts;
    const startedMs = performance.now();
    try {
      const model = await work();
      if (model === this.served?.model) return this.versions;
      this.served = this.prepared.get(model)!;
      const { modelVersion, manifest, catalogue } = model;
      metrics.setModel({
        modelVersion,
        featureSchemaFingerprint: manifest.featureSchemaFingerprint,
        itemCount: catalogue.size,
      });
      metrics.countActivation('activated');
      const durationMs = Math.round(performance.now() - startedMs);
      logger.info('model serves', {
        ...this.versions,
        index: model.retriever.description,
        ranker: model.ranker.form === 'folded' ? `folded, ${model.ranker.engine}` : model.ranker.form,
        userTower: model.userTower.form,
        durationMs,
      });
      return this.versions;
    } catch (error) {
      metrics.countActivation('refused');
      const serving = this.served?.model.modelVersion;
      if (serving !== undefined)
        logger.error('model not activated, the one before stays', { ...fields, serving, error });
      throw error;
    }
  }

  private async prepare(model: ServingModel): Promise<void> {
    const { store, logger, metrics, catalogue } = this.parts;
    const context = this.contexts.get(model) ?? new ModelContext(model);
    this.contexts.set(model, context);
    const feed = new CatalogueFeed({ context, index: model.retriever, store, logger, metrics, ...catalogue });
    try {
      await feed.start();
    } catch (error) {
      await feed.stop();
      throw error;
    }
    this.prepared.set(model, { model, context, feed });
  }

  private rest(model: ServingModel): void {
    void this.prepared.get(model)?.feed.stop();
    this.prepared.delete(model);
  }
}
