import { assertContract, VitrineError } from '../../features/core/errors.ts';
import { bundleFolder, listBundles, newestBundle } from './list-bundles.ts';
import { openBundle } from './open-bundle.ts';
import { openServingModel, type ServingModel } from './serving-model.ts';

/** Time a replaced model stays open for requests that still use it, in milliseconds: above any request's time limit. */
const CLOSE_AFTER_MS = 60_000;

/**
 * Holds the model that serves and the one before it.
 *
 * A model replaces another only when it is opened, warmed and checked; when that fails, the one that serves goes on.
 */
export class ModelRegistry {
  private readonly artifactsFolder: string;
  private serving: ServingModel | undefined;
  private previous: ServingModel | undefined;
  /** Changes of the serving model, one after another: two at once would each replace the same one. */
  private queue: Promise<unknown> = Promise.resolve();

  constructor(artifactsFolder: string) {
    this.artifactsFolder = artifactsFolder;
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
   * Errors: as `openBundle` and `openServingModel`; what serves stays as it was.
   */
  activate(modelVersion: string): Promise<ServingModel> {
    return this.inTurn(async () => {
      const version = modelVersion === '' ? await newestBundle(this.artifactsFolder) : modelVersion;
      if (version === this.serving?.modelVersion) return this.serving;
      if (version === this.previous?.modelVersion) return this.swap();
      const model = await openServingModel(await openBundle(bundleFolder(this.artifactsFolder, version)));
      this.retire(this.previous);
      this.previous = this.serving;
      this.serving = model;
      return model;
    });
  }

  /** Lets the model before serve again. Errors: REC_BUNDLE_INVALID when there is none. */
  rollback(): Promise<ServingModel> {
    return this.inTurn(async () => this.swap());
  }

  close(): Promise<void> {
    return this.inTurn(async () => {
      const { serving, previous } = this;
      this.serving = undefined;
      this.previous = undefined;
      await serving?.close();
      await previous?.close();
    });
  }

  private swap(): ServingModel {
    const { serving, previous } = this;
    if (previous === undefined) throw new VitrineError('REC_BUNDLE_INVALID', 'there is no earlier model to go back to');
    this.serving = previous;
    this.previous = serving;
    return previous;
  }

  private inTurn<T>(change: () => Promise<T>): Promise<T> {
    const outcome = this.queue.then(change);
    this.queue = outcome.catch(() => undefined);
    return outcome;
  }

  private retire(model: ServingModel | undefined): void {
    if (model !== undefined) setTimeout(() => void model.close(), CLOSE_AFTER_MS).unref();
  }
}
