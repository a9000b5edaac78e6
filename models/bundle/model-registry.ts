import { assertContract, VitrineError } from '../../features/core/errors.ts';
import { SerialQueue } from '../../features/core/serial-queue.ts';
import { bundleFolder, listBundles, newestBundle } from './list-bundles.ts';
import { openBundle } from './open-bundle.ts';
import { openServingModel, type ServingModel, type ServingModelOptions } from './serving-model.ts';

/** Time a replaced model stays open for requests that still use it, in milliseconds: above any request's time limit. */
const CLOSE_AFTER_MS = 60_000;

/** What the owner of a registry does around a change of the serving model. */
export interface RegistryHooks {
  /** Makes a model ready to serve: a new one, and one that is taken back. When it fails, the model that serves stays. */
  readonly prepare?: (model: ServingModel) => Promise<void>;
  /** Told of a model that serves no more; requests that began with it still use it. */
  readonly onReplaced?: (model: ServingModel) => void;
}

/**
 * Holds the model that serves and the one before it.
 *
 * A model replaces another only when it is opened, warmed and checked; when that fails, the one that serves goes on.
 */
export class ModelRegistry {
  private readonly artifactsFolder: string;
  private readonly hooks: RegistryHooks;
  private readonly opening: ServingModelOptions;
  private serving: ServingModel | undefined;
  private previous: ServingModel | undefined;
  /** Changes of the serving model, one after another: two at once would each replace the same one. */
  private readonly changes = new SerialQueue();

  /** @param opening how every model is opened */
  constructor(artifactsFolder: string, hooks: RegistryHooks = {}, opening: ServingModelOptions = {}) {
    this.artifactsFolder = artifactsFolder;
    this.hooks = hooks;
    this.opening = opening;
  }

  /** The model that serves. Errors: REC_INTERNAL before the first {@link activate}. */
  get current(): ServingModel {
    assertContract(this.serving !== undefined, 'no model is loaded yet');
    return this.serving;
  }

  /** Version to roll back to; undefined when there is none. */
  get previousVersion(): string | undefined {
    return this.previous?.modelVersion;
  }

  /** All versions in the artifacts folder, oldest first. */
  list(): Promise<readonly string[]> {
    return listBundles(this.artifactsFolder);
  }

  /**
   * Loads a version and lets it serve; the newest when `modelVersion` is ''.
   *
   * Errors: as `openBundle` and `openServingModel`, and those of {@link RegistryHooks.prepare}; what serves stays as it was.
   */
  activate(modelVersion: string): Promise<ServingModel> {
    return this.changes.run(async () => {
      const version = modelVersion === '' ? await newestBundle(this.artifactsFolder) : modelVersion;
      if (version === this.serving?.modelVersion) return this.serving;
      if (version === this.previous?.modelVersion) return this.swap();
      const bundle = await openBundle(bundleFolder(this.artifactsFolder, version));
      const model = await openServingModel(bundle, this.opening);
      try {
        await this.hooks.prepare?.(model);
      } catch (error) {
        await model.close();
        throw error;
      }
      this.retire(this.previous);
      this.previous = this.serving;
      this.serving = model;
      if (this.previous !== undefined) this.hooks.onReplaced?.(this.previous);
      return model;
    });
  }

  /** Lets the model before serve again. Errors: REC_BUNDLE_INVALID when there is none. */
  rollback(): Promise<ServingModel> {
    return this.changes.run(() => this.swap());
  }

  close(): Promise<void> {
    return this.changes.run(async () => {
      const { serving, previous } = this;
      this.serving = undefined;
      this.previous = undefined;
      await serving?.close();
      await previous?.close();
    });
  }

  private async swap(): Promise<ServingModel> {
    const { serving, previous } = this;
    if (previous === undefined) throw new VitrineError('REC_BUNDLE_INVALID', 'there is no earlier model to go back to');
    await this.hooks.prepare?.(previous);
    this.serving = previous;
    this.previous = serving;
    if (serving !== undefined) this.hooks.onReplaced?.(serving);
    return previous;
  }

  private retire(model: ServingModel | undefined): void {
    if (model !== undefined) setTimeout(() => void model.close(), CLOSE_AFTER_MS).unref();
  }
}
