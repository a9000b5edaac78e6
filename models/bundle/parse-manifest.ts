import { type Static, Type } from 'typebox';
import { Errors } from 'typebox/schema';
import { messageOf, VitrineError } from '../../features/core/errors.ts';
import { BUNDLE_FILES, BUNDLE_FORMAT, BUNDLE_FORMAT_VERSION, MANIFEST_FILE, type Manifest } from './manifest.ts';

const MODEL_VERSION_PATTERN = '^[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}$';
/** One name without a path; no leading dot, so neither hidden nor `..`. */
const FILE_NAME_PATTERN = '^[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}$';
const MOMENT_PATTERN = '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d+)?(Z|[+-]\\d{2}:\\d{2})$';
/** Problems told at once; more would hide the first. */
const MAX_PROBLEMS = 5;

const Count = Type.Integer({ minimum: 0 });
const Size = Type.Integer({ minimum: 1 });
const Moment = Type.String({ pattern: MOMENT_PATTERN });

/** JSON Schema of `manifest.json`; further keys are allowed, since the format grows by additions. */
const MANIFEST_SCHEMA = Type.Object({
  format: Type.Literal(BUNDLE_FORMAT),
  formatVersion: Type.Integer({ minimum: 1 }),
  modelVersion: Type.String({ pattern: MODEL_VERSION_PATTERN }),
  createdAt: Moment,
  featureSchemaFingerprint: Type.String({ minLength: 1 }),
  files: Type.Array(
    Type.Object({
      name: Type.String({ pattern: FILE_NAME_PATTERN }),
      sizeBytes: Count,
      sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
    }),
  ),
  dimensions: Type.Object({
    itemCount: Count,
    embeddingDim: Size,
    slotCount: Size,
    userSlotCount: Count,
    itemSlotCount: Count,
  }),
  index: Type.Object({
    m: Size,
    efConstruction: Size,
    efSearch: Size,
    annRecallAtK: Type.Object({
      k: Size,
      value: Type.Number({ minimum: 0, maximum: 1 }),
      queryCount: Count,
    }),
    queryKind: Type.Optional(Type.String()),
    searchUs: Type.Optional(Type.Number({ minimum: 0 })),
    build: Type.Optional(Type.String()),
  }),
  data: Type.Object({
    dataset: Type.String(),
    from: Moment,
    to: Moment,
    eventCount: Count,
    userCount: Count,
    itemCount: Count,
    exampleCount: Count,
  }),
  metrics: Type.Record(Type.String(), Type.Number()),
  seed: Type.Integer(),
});

const modelVersionPattern = new RegExp(MODEL_VERSION_PATTERN);
const fileNamePattern = new RegExp(FILE_NAME_PATTERN);

/** Whether a name can be that of a bundle and its folder. */
export function isModelVersion(name: string): boolean {
  return modelVersionPattern.test(name);
}

/** Whether a name can be that of a file inside a bundle, beside the manifest. */
export function isBundleFileName(name: string): boolean {
  return fileNamePattern.test(name) && name !== MANIFEST_FILE;
}

/**
 * Reads the text of a `manifest.json`.
 *
 * Errors: REC_BUNDLE_INVALID naming each field, its value and what is expected, or the file that the manifest does not list;
 * REC_BUNDLE_INCOMPATIBLE for a newer format.
 */
export function parseManifest(text: string): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new VitrineError('REC_BUNDLE_INVALID', `${MANIFEST_FILE} is not JSON: ${messageOf(error)}`, { cause: error });
  }
  refuseNewerFormat(value);
  const [isValid, errors] = Errors(MANIFEST_SCHEMA, value);
  if (!isValid) {
    const problems = errors.slice(0, MAX_PROBLEMS).flatMap((error) => problemsOf(error, value));
    refuseManifest(problems.join('; '));
  }
  const manifest: Manifest = value as Static<typeof MANIFEST_SCHEMA>;
  checkFileNames(manifest);
  return manifest;
}

function refuseManifest(problem: string): never {
  throw new VitrineError('REC_BUNDLE_INVALID', `${MANIFEST_FILE}: ${problem}`);
}

/** Comes before the schema, because a newer format may have other fields. */
function refuseNewerFormat(value: unknown): void {
  if (typeof value !== 'object' || value === null || !('formatVersion' in value)) return;
  const { formatVersion } = value;
  if (typeof formatVersion !== 'number' || !(formatVersion > BUNDLE_FORMAT_VERSION)) return;
  throw new VitrineError(
    'REC_BUNDLE_INCOMPATIBLE',
    `${MANIFEST_FILE}: formatVersion is ${formatVersion}, this program reads up to ${BUNDLE_FORMAT_VERSION}; update Vitrine or train with this version`,
    { details: { formatVersion } },
  );
}

function problemsOf(error: ReturnType<typeof Errors>[1][number], manifest: unknown): string[] {
  if (error.keyword === 'required') {
    return error.params.requiredProperties.map((name) => `${fieldName(`${error.instancePath}/${name}`)} is missing`);
  }
  const given = JSON.stringify(valueAt(manifest, error.instancePath)) ?? 'missing';
  const shown = given.length > 80 ? `${given.slice(0, 80)}...` : given;
  return [`${fieldName(error.instancePath)} is ${shown}; it ${error.message}`];
}

/** `/files/0/name` as `files[0].name`. */
function fieldName(pointer: string): string {
  const name = pointer
    .slice(1)
    .replace(/\/(\d+)(?=\/|$)/g, '[$1]')
    .replaceAll('/', '.');
  return name === '' ? 'the manifest' : name;
}

function valueAt(value: unknown, pointer: string): unknown {
  const steps = pointer.split('/').slice(1);
  return steps.reduce<unknown>((at, step) => (at as Record<string, unknown> | undefined)?.[step], value);
}

function checkFileNames({ files }: Manifest): void {
  const names = new Set<string>();
  for (const { name } of files) {
    if (!isBundleFileName(name)) refuseManifest(`files lists ${name}, which cannot be a file of a bundle`);
    if (names.has(name)) refuseManifest(`files lists ${name} twice`);
    names.add(name);
  }
  for (const name of Object.values(BUNDLE_FILES)) {
    if (!names.has(name) && name !== BUNDLE_FILES.servingRanker) refuseManifest(`files does not list ${name}`);
  }
}
