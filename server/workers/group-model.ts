import { VitrineError } from '../../features/core/errors.ts';
import type { SerialQueue } from '../../features/core/serial-queue.ts';
import { listBundles, newestBundle } from '../../models/bundle/list-bundles.ts';
import type { Logger } from '../observability/logger.ts';
import type { ModelControl, ServedVersions } from '../serving/model-control.ts';
import type { WorkerSlot } from './worker-slot.ts';

export interface GroupModelParts {
  readonly artifactsPath: string;
  /** What the workers start with. */
  readonly modelVersion: string;
  readonly slots: readonly Pick<WorkerSlot, 'number' | 'isAnswering' | 'activate'>[];
  /** Changes of the workers: a worker that becomes ready meanwhile would miss this one. */
  readonly changes: SerialQueue;
  readonly logger: Logger;
}

/**
 * The serving model of all workers: a change reaches every one of them or none.
 *
 * One worker after another, so that while one opens the model the others answer undisturbed. Between the first and the last, workers
 * serve different versions; each reply names its own.
 */
export class GroupModel implements ModelControl {
  private readonly parts: GroupModelParts;
  private serving: string;
  private previous: string | undefined;

  constructor(parts: GroupModelParts) {
    this.parts = parts;
    this.serving = parts.modelVersion;
  }

  get versions(): ServedVersions {
    return { serving: this.serving, previous: this.previous };
  }

  list(): Promise<readonly string[]> {
    return listBundles(this.parts.artifactsPath);
  }

  activate(modelVersion: string): Promise<ServedVersions> {
    const { artifactsPath } = this.parts;
    return this.change(() => (modelVersion === '' ? newestBundle(artifactsPath) : Promise.resolve(modelVersion)));
  }

  rollback(): Promise<ServedVersions> {
    return this.change(async () => {
      if (this.previous !== undefined) return this.previous;
      throw new VitrineError('REC_BUNDLE_INVALID', 'there is no earlier model to go back to');
    });
  }

  private change(choose: () => Promise<string>): Promise<ServedVersions> {
    const { changes, logger } = this.parts;
    return changes.run(async () => {
      const startedMs = performance.now();
      try {
        const version = await choose();
        if (version === this.serving) return this.versions;
        await this.activateEverywhere(version);
        this.previous = this.serving;
        this.serving = version;
      } catch (error) {
        logger.error('model not activated, the one before stays on every worker', { serving: this.serving, error });
        throw error;
      }
      logger.info('model serves on every worker', {
        ...this.versions,
        durationMs: Math.round(performance.now() - startedMs),
      });
      return this.versions;
    });
  }

  private async activateEverywhere(version: string): Promise<void> {
    const changed: GroupModelParts['slots'][number][] = [];
    for (const slot of this.parts.slots) {
      // A worker that is being replaced takes the version when it becomes ready.
      if (!slot.isAnswering) continue;
      try {
        await slot.activate(version);
        changed.push(slot);
      } catch (error) {
        if (isGone(error)) continue;
        await this.undo(changed);
        throw error;
      }
    }
    if (changed.length === 0)
      throw new VitrineError('REC_WORKER_UNAVAILABLE', 'no worker could be asked', { isRetryable: true });
  }

  private async undo(slots: GroupModelParts['slots']): Promise<void> {
    for (const slot of slots) {
      await slot.activate(this.serving).catch((error: unknown) => {
        const { logger } = this.parts;
        if (!isGone(error))
          logger.error('a worker could not go back', { worker: slot.number, version: this.serving, error });
      });
    }
  }
}

/** A worker that died comes back with what serves by then. */
function isGone(error: unknown): boolean {
  return error instanceof VitrineError && error.code === 'REC_WORKER_UNAVAILABLE';
}
