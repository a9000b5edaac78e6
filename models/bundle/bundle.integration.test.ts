import {
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { VitrineError } from '../../features/core/errors.ts';
import { bundleFolder, listBundles, newestBundle } from './list-bundles.ts';
import { openBundle } from './open-bundle.ts';
import { aManifestContent, bundleContents } from './testing/a-bundle.ts';
import { type BundleFileContent, type WriteBundleOptions, writeBundle } from './write-bundle.ts';

let root: string;
let artifactsFolder: string;
let folderCount = 0;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'bundle-'));
});
beforeEach(() => {
  artifactsFolder = join(root, `artifacts-${folderCount++}`);
});
afterAll(async () => {
  await rm(root, { recursive: true });
});

function write(overrides: Partial<WriteBundleOptions> = {}): Promise<string> {
  const files = bundleContents();
  return writeBundle({ artifactsFolder, modelVersion: 'v1', manifest: aManifestContent(), files, ...overrides });
}

/** Code and message of the refusal, without the folder that changes from run to run. */
async function refusalOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    if (error instanceof VitrineError) return `${error.code} ${error.message.replaceAll(artifactsFolder, 'ARTIFACTS')}`;
    throw error;
  }
  return 'not refused';
}

describe('writeBundle', () => {
  it('writes what openBundle gives back', async () => {
    const folder = await write();
    expect(folder).toBe(join(artifactsFolder, 'v1'));
    const bundle = await openBundle(folder);
    expect(bundle.manifest).toMatchObject({ ...aManifestContent(), format: 'vitrine-bundle', formatVersion: 1 });
    expect(bundle.manifest.files.map((file) => file.name)).toEqual([...bundleContents().keys()]);
    for (const [name, bytes] of bundleContents()) expect(Buffer.from(await bundle.readFile(name))).toEqual(bytes);
  });

  it('copies files of any size from where they are', async () => {
    const big = Buffer.alloc(2_500_000, 'vitrine');
    const source = join(root, 'big.bin');
    await writeFile(source, big);
    const bundle = await openBundle(await write({ files: bundleContents().set('items.hnsw', big) }));
    const files = new Map<string, BundleFileContent>(bundleContents());
    const copied = await openBundle(
      await write({ modelVersion: 'v2', files: files.set('items.hnsw', { fromFile: source }) }),
    );
    const entryOf = (one: typeof bundle) => one.manifest.files.find((file) => file.name === 'items.hnsw');
    expect(entryOf(copied)).toEqual(entryOf(bundle));
    expect(big.equals(await copied.readFile('items.hnsw'))).toBe(true);
  });

  it('takes the serving ranker and further files', async () => {
    const files = bundleContents().set('ranker.serving.onnx', Buffer.of(1)).set('notes.txt', new Uint8Array(0));
    const bundle = await openBundle(await write({ files }));
    expect(bundle.hasFile('ranker.serving.onnx')).toBe(true);
    expect(await bundle.readText('notes.txt')).toBe('');
  });

  it('refuses an existing version and leaves it as it was', async () => {
    const folder = await write();
    const before = await readFile(join(folder, 'manifest.json'), 'utf8');
    expect(await refusalOf(write({ manifest: aManifestContent({ seed: 8 }) }))).toContain(
      'REC_BUNDLE_INVALID bundle v1 exists already at ARTIFACTS/v1',
    );
    expect(await readFile(join(folder, 'manifest.json'), 'utf8')).toBe(before);
    expect(await readdir(artifactsFolder)).toEqual(['v1']);
  });

  it('refuses an existing empty folder of that name', async () => {
    await mkdir(join(artifactsFolder, 'v1'), { recursive: true });
    expect(await refusalOf(write())).toContain('exists already');
  });

  it('lets one of two writers of the same version win', async () => {
    const outcomes = await Promise.all([refusalOf(write()), refusalOf(write())]);
    expect(outcomes.filter((outcome) => outcome === 'not refused')).toHaveLength(1);
    expect(await readdir(artifactsFolder)).toEqual(['v1']);
    expect((await openBundle(join(artifactsFolder, 'v1'))).manifest.modelVersion).toBe('v1');
  });

  it('refuses versions and file names that lead elsewhere, and writes nothing', async () => {
    for (const modelVersion of ['..', '../v1', 'a/b', '', '.hidden']) {
      expect(await refusalOf(write({ modelVersion }))).toContain('REC_BUNDLE_INVALID model version is');
    }
    for (const name of ['../ranker.onnx', 'a/b', 'manifest.json']) {
      const files = bundleContents().set(name, Buffer.of(1));
      expect(await refusalOf(write({ files }))).toContain('cannot have a file named');
    }
    expect(await listBundles(artifactsFolder)).toEqual([]);
  });

  it('leaves nothing behind when a file is missing, a source cannot be read or a metric is no number', async () => {
    const incomplete = bundleContents();
    incomplete.delete('golden.json');
    expect(await refusalOf(write({ files: incomplete }))).toContain('files does not list golden.json');
    const files = new Map<string, BundleFileContent>(bundleContents());
    files.set('items.hnsw', { fromFile: join(root, 'nowhere') });
    expect(await refusalOf(write({ files }))).toContain('bundle v1 cannot be written to ARTIFACTS: ENOENT');
    const manifest = aManifestContent({ metrics: { auc: Number.NaN } });
    expect(await refusalOf(write({ manifest }))).toContain('metrics.auc is null; it must be number');
    expect(await readdir(artifactsFolder)).toEqual([]);
  });

  it('says so when the artifacts folder is a file', async () => {
    await writeFile(artifactsFolder, '');
    expect(await refusalOf(write())).toContain('REC_BUNDLE_INVALID bundle v1 cannot be written');
  });

  it('makes folders that others may read as far as the umask lets them', async () => {
    const usual = join(root, 'usual');
    await mkdir(usual);
    expect((await stat(await write())).mode).toBe((await stat(usual)).mode);
  });
});

describe('openBundle', () => {
  it('refuses a missing file, naming it', async () => {
    const folder = await write();
    await rm(join(folder, 'items.hnsw'));
    expect(await refusalOf(openBundle(folder))).toContain('REC_BUNDLE_INVALID items.hnsw of bundle v1 is missing');
  });

  it('refuses a file that was cut off, with both sizes', async () => {
    const folder = await write();
    await truncate(join(folder, 'ranker.onnx'), 5);
    expect(await refusalOf(openBundle(folder))).toContain(
      'REC_BUNDLE_INVALID ranker.onnx of bundle v1 has 5 bytes, manifest.json says 240',
    );
  });

  it('refuses a file with one bit flipped, with both hashes', async () => {
    const folder = await write();
    const path = join(folder, 'catalogue.arrow');
    const bytes = await readFile(path);
    bytes[100]! ^= 4;
    await writeFile(path, bytes);
    expect(await refusalOf(openBundle(folder))).toMatch(
      /REC_BUNDLE_INVALID catalogue\.arrow of bundle v1 has sha256 [0-9a-f]{64}, manifest\.json says [0-9a-f]{64}/,
    );
  });

  it('refuses a file whose hash in the manifest is another', async () => {
    const folder = await write();
    const path = join(folder, 'manifest.json');
    const manifest = JSON.parse(await readFile(path, 'utf8'));
    manifest.files[0].sha256 = '0'.repeat(64);
    await writeFile(path, JSON.stringify(manifest));
    expect(await refusalOf(openBundle(folder))).toContain(`manifest.json says ${'0'.repeat(64)}`);
  });

  it('names the first damaged file in the order of the manifest', async () => {
    const folder = await write();
    for (const name of ['golden.json', 'popularity.arrow', 'user-tower.onnx']) await rm(join(folder, name));
    for (let i = 0; i < 5; i++) expect(await refusalOf(openBundle(folder))).toContain('user-tower.onnx');
  });

  it('ignores files the manifest does not list', async () => {
    const folder = await write();
    await writeFile(join(folder, 'notes.txt'), 'hello');
    const bundle = await openBundle(folder);
    expect(bundle.hasFile('notes.txt')).toBe(false);
    expect(await refusalOf(bundle.readFile('notes.txt'))).toContain('notes.txt of bundle v1 is not listed');
    expect(() => bundle.pathOf('../v1/golden.json')).toThrow(/is not listed/);
  });

  it('refuses links out of the folder and follows those inside', async () => {
    const folder = await write();
    const outside = join(root, 'outside.onnx');
    const path = join(folder, 'ranker.onnx');
    await rename(path, outside);
    await symlink(outside, path);
    expect(await refusalOf(openBundle(folder))).toContain(
      "ranker.onnx of bundle v1 is a link out of the bundle's folder",
    );
    await rm(path);
    await mkdir(join(folder, 'moved'));
    await rename(outside, join(folder, 'moved', 'ranker.onnx'));
    await symlink(join('moved', 'ranker.onnx'), path);
    const bundle = await openBundle(folder);
    expect(await readFile(bundle.pathOf('ranker.onnx'))).toEqual(bundleContents().get('ranker.onnx'));
  });

  it('opens a bundle through a link to its folder', async () => {
    await write();
    await symlink('v1', join(artifactsFolder, 'current'));
    expect((await openBundle(join(artifactsFolder, 'current'))).folder).toBe(join(artifactsFolder, 'v1'));
  });

  it('refuses a folder in the place of a file', async () => {
    const folder = await write();
    await rm(join(folder, 'golden.json'));
    await mkdir(join(folder, 'golden.json'));
    expect(await refusalOf(openBundle(folder))).toContain('golden.json of bundle v1 is not a regular file');
  });

  it('refuses a bundle under the name of another', async () => {
    const folder = await write();
    await cp(folder, join(artifactsFolder, 'v2'), { recursive: true });
    expect(await refusalOf(openBundle(join(artifactsFolder, 'v2')))).toContain(
      'manifest.json of bundle v2 is that of v1; the folder has to have the same name',
    );
  });

  it('refuses a missing, broken or newer manifest', async () => {
    const folder = await write();
    const path = join(folder, 'manifest.json');
    await writeFile(path, '{"format": "vitrine-bundle", ');
    expect(await refusalOf(openBundle(folder))).toContain('REC_BUNDLE_INVALID manifest.json is not JSON');
    await writeFile(path, '{"format": "vitrine-bundle", "formatVersion": 99}');
    expect(await refusalOf(openBundle(folder))).toContain('REC_BUNDLE_INCOMPATIBLE');
    await rm(path);
    expect(await refusalOf(openBundle(folder))).toContain('manifest.json of bundle v1 is missing');
  });

  it('says how to make a bundle when there is none', async () => {
    const message = await refusalOf(openBundle(join(artifactsFolder, 'v1')));
    expect(message).toContain('there is no bundle at ARTIFACTS/v1');
    expect(message).toContain('`vitrine train`');
  });

  it('notices a file that changes after it was opened', async () => {
    const folder = await write();
    const bundle = await openBundle(folder);
    await writeFile(join(folder, 'golden.json'), 'other');
    expect(await refusalOf(bundle.readFile('golden.json'))).toContain('golden.json of bundle v1 changed after');
    await rm(join(folder, 'golden.json'));
    expect(await refusalOf(bundle.readFile('golden.json'))).toContain('golden.json of bundle v1 is missing');
  });

  it('refuses to read as text what is not', async () => {
    const bundle = await openBundle(await write({ files: bundleContents().set('golden.json', Buffer.of(0xff, 0xfe)) }));
    expect(await refusalOf(bundle.readText('golden.json'))).toContain('golden.json of bundle v1 is not UTF-8 text');
  });
});

describe('listBundles and newestBundle', () => {
  it('order versions from oldest to newest and leave everything else out', async () => {
    for (const modelVersion of ['20240510-120000', '20240509-120000', '20240511-090000']) await write({ modelVersion });
    await mkdir(join(artifactsFolder, '.unfinished-20250101-000000-x'));
    await writeFile(join(artifactsFolder, '.unfinished-20250101-000000-x', 'manifest.json'), '{}');
    await mkdir(join(artifactsFolder, 'zzz-no-manifest'));
    await writeFile(join(artifactsFolder, 'zzz.txt'), '');
    expect(await listBundles(artifactsFolder)).toEqual(['20240509-120000', '20240510-120000', '20240511-090000']);
    expect(await newestBundle(artifactsFolder)).toBe('20240511-090000');
  });

  it('find nothing in a missing or empty folder, and say how to make a bundle', async () => {
    expect(await listBundles(artifactsFolder)).toEqual([]);
    expect(await refusalOf(newestBundle(artifactsFolder))).toBe(
      'REC_BUNDLE_INVALID artifacts folder ARTIFACTS does not exist; make one with `vitrine train`, or run `npm start` for the demo shop',
    );
    await mkdir(artifactsFolder);
    expect(await listBundles(artifactsFolder)).toEqual([]);
    expect(await refusalOf(newestBundle(artifactsFolder))).toContain(
      'artifacts folder ARTIFACTS has no model bundle; make one',
    );
  });

  it('say so when the artifacts folder is a file', async () => {
    await writeFile(artifactsFolder, '');
    expect(await refusalOf(listBundles(artifactsFolder))).toContain('artifacts folder ARTIFACTS cannot be read');
  });
});

describe('bundleFolder', () => {
  it('refuses a version that leads out of the artifacts folder', async () => {
    expect(bundleFolder('/artifacts', 'v1')).toBe('/artifacts/v1');
    for (const modelVersion of ['..', '../../etc', 'v1/../..', '']) {
      expect(() => bundleFolder('/artifacts', modelVersion)).toThrow(/model version is/);
    }
  });
});
