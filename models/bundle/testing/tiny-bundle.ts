import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseFeatureSchema, schemaFingerprint } from '../../../features/schema/parse-schema.ts';
import type { Golden } from '../golden.ts';
import { BUNDLE_FILES, MANIFEST_FILE, type Manifest } from '../manifest.ts';
import { writeBundle } from '../write-bundle.ts';

/** Artifacts folder with the committed tiny bundle. */
export const TINY_ARTIFACTS = join(import.meta.dirname, '../../fixtures/tiny-bundle');
export const TINY_VERSION = '20240201T000000Z';
export const TINY_FOLDER = join(TINY_ARTIFACTS, TINY_VERSION);
/** A younger one, which has a folded ranker too. */
export const FOLDED_VERSION = '20240301T000000Z';
export const FOLDED_FOLDER = join(TINY_ARTIFACTS, FOLDED_VERSION);

type Writable<T> = { -readonly [Key in keyof T]: T[Key] extends object ? Writable<T[Key]> : T[Key] };

/** The tiny bundle taken apart, for tests to change. */
export interface OpenedForChange {
  readonly files: Map<string, Uint8Array>;
  readonly manifest: Writable<Omit<Manifest, 'files'>>;
}

/** Writes a changed copy of a committed bundle, every hash right: what a faulty exporter would write. Returns its folder. */
export async function writeChangedBundle(
  artifactsFolder: string,
  modelVersion: string,
  change: (bundle: OpenedForChange) => void = () => undefined,
  from: string = TINY_FOLDER,
): Promise<string> {
  const { files: entries, ...rest } = JSON.parse(await readFile(join(from, MANIFEST_FILE), 'utf8')) as Manifest;
  const files = new Map<string, Uint8Array>();
  for (const { name } of entries) files.set(name, await readFile(join(from, name)));
  const bundle: OpenedForChange = { files, manifest: rest };
  change(bundle);
  return writeBundle({ artifactsFolder, modelVersion, manifest: bundle.manifest, files });
}

/** Changes a JSON file of a bundle. */
export function changeJson<T>({ files }: OpenedForChange, name: string, change: (value: T) => void): void {
  const value = JSON.parse(Buffer.from(files.get(name)!).toString()) as T;
  change(value);
  files.set(name, Buffer.from(JSON.stringify(value)));
}

/** Changes `golden.json`. */
export function changeGolden(bundle: OpenedForChange, change: (golden: Writable<Golden>) => void): void {
  changeJson(bundle, BUNDLE_FILES.golden, change);
}

/** Writes another schema with the fingerprint that belongs to it. */
export function changeSchema(
  bundle: OpenedForChange,
  change: (schema: { fields: Record<string, unknown>[] }) => void,
): void {
  changeJson(bundle, BUNDLE_FILES.featureSchema, change);
  const text = Buffer.from(bundle.files.get(BUNDLE_FILES.featureSchema)!).toString();
  bundle.manifest.featureSchemaFingerprint = schemaFingerprint(parseFeatureSchema(text));
}

/** Adds to the first number of a trained parameter in an ONNX file. */
export function changeWeight({ files }: OpenedForChange, name: string, parameter: string, by: number): void {
  const bytes = Buffer.from(files.get(name)!);
  // A tensor's name is field 8 of its message, its numbers are field 9 and follow, small enough here for a length of one byte.
  const head = Buffer.from([0x42, parameter.length, ...Buffer.from(parameter), 0x4a]);
  const start = bytes.indexOf(head) + head.length + 1;
  if (start <= head.length || bytes[start - 1]! % 4 !== 0)
    throw new Error(`${name} has no small parameter ${parameter}`);
  bytes.writeFloatLE(bytes.readFloatLE(start) + by, start);
  files.set(name, bytes);
}
