import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, VitrineError } from '../../features/core/errors.ts';
import { MANIFEST_FILE } from './manifest.ts';
import { isModelVersion } from './parse-manifest.ts';

/** What to do when there is nothing to serve. */
export const TRAIN_REMEDY = 'make one with `vitrine train`, or run `npm start` for the demo shop';

/**
 * Model versions in the artifacts folder; unfinished ones and anything else there are left out.
 *
 * Order: oldest to newest, as versions sort by age. Missing: an empty list, also when the folder does not exist.
 * Errors: REC_BUNDLE_INVALID when the folder cannot be read for another reason.
 */
export async function listBundles(artifactsFolder: string): Promise<readonly string[]> {
  const names = await namesIn(artifactsFolder);
  const candidates = (names ?? []).filter(isModelVersion);
  const isBundle = await Promise.all(candidates.map((name) => exists(join(artifactsFolder, name, MANIFEST_FILE))));
  // Default order compares code units, which is the same everywhere.
  return candidates.filter((_, i) => isBundle[i]).sort();
}

/**
 * The newest model version in the artifacts folder.
 *
 * Errors: REC_BUNDLE_INVALID with the remedy when the folder is missing or has no bundle.
 */
export async function newestBundle(artifactsFolder: string): Promise<string> {
  const newest = (await listBundles(artifactsFolder)).at(-1);
  if (newest !== undefined) return newest;
  const fault = (await exists(artifactsFolder)) ? 'has no model bundle' : 'does not exist';
  throw new VitrineError('REC_BUNDLE_INVALID', `artifacts folder ${artifactsFolder} ${fault}; ${TRAIN_REMEDY}`, {
    details: { artifactsFolder },
  });
}

/**
 * Folder of one model version, for versions that come from outside.
 *
 * Errors: REC_BUNDLE_INVALID for a name that is not a version, such as one that leads out of the artifacts folder.
 */
export function bundleFolder(artifactsFolder: string, modelVersion: string): string {
  if (isModelVersion(modelVersion)) return join(artifactsFolder, modelVersion);
  const shown = JSON.stringify(modelVersion.slice(0, 80));
  throw new VitrineError(
    'REC_BUNDLE_INVALID',
    `model version is ${shown}; expected 1-64 letters, digits, dots, hyphens or underscores, not starting with a dot`,
  );
}

async function namesIn(folder: string): Promise<string[] | undefined> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new VitrineError('REC_BUNDLE_INVALID', `artifacts folder ${folder} cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
