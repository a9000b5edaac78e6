import { readFile, realpath, stat } from 'node:fs/promises';
import { basename, join, sep } from 'node:path';
import { messageOf, VitrineError } from '../../features/core/errors.ts';
import { sha256Of, sha256OfFile } from './hash-file.ts';
import { TRAIN_REMEDY } from './list-bundles.ts';
import { MANIFEST_FILE, type Manifest, type ManifestFile } from './manifest.ts';
import { parseManifest } from './parse-manifest.ts';

/** A bundle whose every file is what its manifest says. */
export interface Bundle {
  readonly manifest: Manifest;
  /** Absolute, symbolic links resolved. */
  readonly folder: string;
  /** Whether the manifest lists a file; for those that are optional. */
  hasFile(name: string): boolean;
  /** Bytes of a file, compared with the manifest once more as they are read. Errors: REC_BUNDLE_INVALID. */
  readFile(name: string): Promise<Uint8Array>;
  /** Like {@link readFile}, as text. Errors: REC_BUNDLE_INVALID, also when it is not UTF-8. */
  readText(name: string): Promise<string>;
  /** Path of a file, for libraries that read files themselves. Errors: REC_BUNDLE_INVALID when the manifest does not list it. */
  pathOf(name: string): string;
}

/**
 * Opens a bundle and compares every file's size and SHA-256 with the manifest. Files the manifest does not list are ignored.
 *
 * Errors: REC_BUNDLE_INVALID naming the file and what differs, REC_BUNDLE_INCOMPATIBLE for a newer format.
 * Cost: reads every file once, several at a time.
 */
export async function openBundle(folder: string): Promise<Bundle> {
  const realFolder = await resolveFolder(folder);
  const manifest = parseManifest(await readManifestText(realFolder));
  const { modelVersion } = manifest;
  if (basename(realFolder) !== modelVersion) {
    refuse(MANIFEST_FILE, basename(realFolder), `is that of ${modelVersion}; the folder has to have the same name`);
  }
  const outcomes = await Promise.allSettled(manifest.files.map((file) => verify(realFolder, modelVersion, file)));
  const paths = new Map<string, { path: string; file: ManifestFile }>();
  for (const [i, outcome] of outcomes.entries()) {
    // Always the first in the manifest's order, so that the same damage gives the same message.
    if (outcome.status === 'rejected') throw outcome.reason;
    const file = manifest.files[i]!;
    paths.set(file.name, { path: outcome.value, file });
  }
  return bundleOf(realFolder, manifest, paths);
}

function bundleOf(
  folder: string,
  manifest: Manifest,
  paths: ReadonlyMap<string, { path: string; file: ManifestFile }>,
): Bundle {
  const { modelVersion } = manifest;
  const entry = (name: string) => paths.get(name) ?? refuse(name, modelVersion, `is not listed in ${MANIFEST_FILE}`);
  const readVerified = async (name: string): Promise<Uint8Array> => {
    const { path, file } = entry(name);
    const bytes = await readFile(path).catch((error: unknown) => refuseUnreadable(name, modelVersion, error));
    if (sha256Of(bytes) !== file.sha256) refuse(name, modelVersion, 'changed after the bundle was opened');
    return bytes;
  };
  return {
    manifest,
    folder,
    hasFile: (name) => paths.has(name),
    readFile: readVerified,
    readText: async (name) => {
      const bytes = await readVerified(name);
      try {
        return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
      } catch (error) {
        return refuse(name, modelVersion, 'is not UTF-8 text', error);
      }
    },
    pathOf: (name) => entry(name).path,
  };
}

function refuse(name: string, modelVersion: string, fault: string, cause?: unknown): never {
  throw new VitrineError(
    'REC_BUNDLE_INVALID',
    `${name} of bundle ${modelVersion} ${fault}; copy the bundle again or train again`,
    { details: { file: name, modelVersion }, cause },
  );
}

function refuseUnreadable(name: string, modelVersion: string, error: unknown): never {
  const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
  return refuse(name, modelVersion, isMissing ? 'is missing' : `cannot be read: ${messageOf(error)}`, error);
}

async function resolveFolder(folder: string): Promise<string> {
  try {
    return await realpath(folder);
  } catch (error) {
    throw new VitrineError('REC_BUNDLE_INVALID', `there is no bundle at ${folder}; ${TRAIN_REMEDY}`, {
      details: { folder },
      cause: error,
    });
  }
}

async function readManifestText(folder: string): Promise<string> {
  const path = await resolveFile(folder, basename(folder), MANIFEST_FILE);
  return readFile(path, 'utf8').catch((error: unknown) => refuseUnreadable(MANIFEST_FILE, basename(folder), error));
}

/** Path of a regular file that lies in the folder, links resolved. */
async function resolveFile(folder: string, modelVersion: string, name: string): Promise<string> {
  try {
    const path = await realpath(join(folder, name));
    if (!path.startsWith(folder + sep)) refuse(name, modelVersion, "is a link out of the bundle's folder");
    if (!(await stat(path)).isFile()) refuse(name, modelVersion, 'is not a regular file');
    return path;
  } catch (error) {
    if (error instanceof VitrineError) throw error;
    return refuseUnreadable(name, modelVersion, error);
  }
}

/** The file's path when it is what the manifest says. */
async function verify(folder: string, modelVersion: string, file: ManifestFile): Promise<string> {
  const path = await resolveFile(folder, modelVersion, file.name);
  const { size } = await stat(path);
  if (size !== file.sizeBytes) {
    refuse(file.name, modelVersion, `has ${size} bytes, ${MANIFEST_FILE} says ${file.sizeBytes}`);
  }
  const sha256 = await sha256OfFile(path).catch((error: unknown) => refuseUnreadable(file.name, modelVersion, error));
  if (sha256 !== file.sha256) {
    refuse(file.name, modelVersion, `has sha256 ${sha256}, ${MANIFEST_FILE} says ${file.sha256}`);
  }
  return path;
}
