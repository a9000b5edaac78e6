import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, lstat, mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, VitrineError } from '../../features/core/errors.ts';
import { bundleFolder } from './list-bundles.ts';
import { BUNDLE_FORMAT, BUNDLE_FORMAT_VERSION, MANIFEST_FILE, type Manifest, type ManifestFile } from './manifest.ts';
import { isBundleFileName, parseManifest } from './parse-manifest.ts';

const CHUNK_BYTES = 1 << 20;

/** Contents of one bundle file: bytes, or a file to copy them from. */
export type BundleFileContent = Uint8Array | { readonly fromFile: string };

/** What a bundle is written from. */
export interface WriteBundleOptions {
  /** Made when it does not exist. */
  readonly artifactsFolder: string;
  readonly modelVersion: string;
  /** Everything the writer does not know itself. */
  readonly manifest: Omit<Manifest, 'format' | 'formatVersion' | 'modelVersion' | 'files'>;
  /** By file name; the manifest lists them in this order. */
  readonly files: ReadonlyMap<string, BundleFileContent>;
}

/**
 * Writes a bundle so that it is either there as a whole or not at all, also after a power cut: into a hidden folder beside its place,
 * everything synced, the manifest last, then renamed.
 *
 * Errors: REC_BUNDLE_INVALID when the version exists already or is no name for one, a file is missing or misnamed, or the manifest
 * breaks its schema, as with a metric that is not a number; nothing is left behind.
 *
 * @returns the bundle's folder
 */
export async function writeBundle(options: WriteBundleOptions): Promise<string> {
  const { artifactsFolder, modelVersion } = options;
  const folder = bundleFolder(artifactsFolder, modelVersion);
  for (const name of options.files.keys()) {
    if (!isBundleFileName(name)) refuse(modelVersion, `cannot have a file named ${JSON.stringify(name.slice(0, 80))}`);
  }
  // Not mkdtemp, whose folders nobody but their owner may read.
  const temporary = join(artifactsFolder, `.unfinished-${modelVersion}-${randomUUID()}`);
  try {
    await mkdir(artifactsFolder, { recursive: true });
    await refuseExisting(folder, modelVersion);
    await mkdir(temporary);
    await fill(temporary, options);
    await refuseExisting(folder, modelVersion);
    await rename(temporary, folder);
    await syncFolder(artifactsFolder);
  } catch (error) {
    // What went wrong first is what matters.
    await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
    if (error instanceof VitrineError) throw error;
    return refuse(modelVersion, `cannot be written to ${artifactsFolder}: ${messageOf(error)}`, error);
  }
  return folder;
}

function refuse(modelVersion: string, fault: string, cause?: unknown): never {
  throw new VitrineError('REC_BUNDLE_INVALID', `bundle ${modelVersion} ${fault}`, { details: { modelVersion }, cause });
}

async function refuseExisting(folder: string, modelVersion: string): Promise<void> {
  const found = await lstat(folder).catch(() => undefined);
  if (found !== undefined)
    refuse(modelVersion, `exists already at ${folder}; bundles never change, so use another version`);
}

async function fill(folder: string, options: WriteBundleOptions): Promise<void> {
  const files: ManifestFile[] = [];
  for (const [name, content] of options.files) {
    files.push({ name, ...(await writeSynced(join(folder, name), content)) });
  }
  const manifest: Manifest = {
    ...options.manifest,
    format: BUNDLE_FORMAT,
    formatVersion: BUNDLE_FORMAT_VERSION,
    modelVersion: options.modelVersion,
    files,
  };
  const text = `${JSON.stringify(manifest, null, 2)}\n`;
  parseManifest(text);
  await writeSynced(join(folder, MANIFEST_FILE), Buffer.from(text));
  await syncFolder(folder);
}

/** Writes a file through to the disk, hashing what is written. */
async function writeSynced(path: string, content: BundleFileContent): Promise<Omit<ManifestFile, 'name'>> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  const target = await open(path, 'wx');
  try {
    for await (const chunk of chunksOf(content)) {
      hash.update(chunk);
      sizeBytes += chunk.length;
      await target.writeFile(chunk);
    }
    await target.sync();
  } finally {
    await target.close();
  }
  return { sizeBytes, sha256: hash.digest('hex') };
}

async function* chunksOf(content: BundleFileContent): AsyncGenerator<Uint8Array> {
  if (content instanceof Uint8Array) {
    yield content;
    return;
  }
  const source: FileHandle = await open(content.fromFile, 'r');
  try {
    // A new buffer each time would be garbage of the file's size; one is enough, as each chunk is written before the next is read.
    const buffer = new Uint8Array(CHUNK_BYTES);
    for (;;) {
      const { bytesRead } = await source.read(buffer, 0, CHUNK_BYTES, null);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await source.close();
  }
}

/** Makes the names in a folder survive a power cut. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
