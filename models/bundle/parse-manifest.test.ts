import { describe, expect, it } from 'vitest';
import { VitrineError } from '../../features/core/errors.ts';
import { isBundleFileName, isModelVersion, parseManifest } from './parse-manifest.ts';
import { manifestText } from './testing/a-bundle.ts';

/** Code and message of the refusal of a manifest with one change. */
function refusalOf(change: (manifest: Record<string, unknown>) => void): string {
  return refusalOfText(manifestText(change));
}

function refusalOfText(text: string): string {
  try {
    parseManifest(text);
  } catch (error) {
    if (error instanceof VitrineError) return `${error.code} ${error.message}`;
    throw error;
  }
  return 'not refused';
}

describe('parseManifest', () => {
  it('reads a whole manifest', () => {
    const manifest = parseManifest(manifestText());
    expect(manifest.modelVersion).toBe('v1');
    expect(manifest.dimensions.embeddingDim).toBe(8);
    expect(manifest.files).toHaveLength(9);
  });

  it('lets further keys be, since the format grows by additions', () => {
    expect(refusalOf((manifest) => Object.assign(manifest, { notes: ['new'] }))).toBe('not refused');
  });

  it('names a missing field', () => {
    expect(refusalOf((manifest) => delete manifest.seed)).toBe('REC_BUNDLE_INVALID manifest.json: seed is missing');
    const message = refusalOf((manifest) =>
      Object.assign(manifest, { index: { m: 1, efConstruction: 1, efSearch: 1 } }),
    );
    expect(message).toContain('index.annRecallAtK is missing');
  });

  it('names a wrong field, its value and what is expected', () => {
    const message = refusalOf((manifest) => Object.assign(manifest, { createdAt: 'yesterday' }));
    expect(message).toContain('REC_BUNDLE_INVALID manifest.json: createdAt is "yesterday"; it must match pattern');
    expect(refusalOf((manifest) => Object.assign(manifest, { seed: 1.5 }))).toContain(
      'seed is 1.5; it must be integer',
    );
  });

  it('tells several problems at once', () => {
    const message = refusalOf((manifest) => Object.assign(manifest, { seed: 'x', metrics: { auc: null } }));
    expect(message).toContain('metrics.auc is null; it must be number');
    expect(message).toContain('seed is "x"; it must be integer');
  });

  it('names the file entry that is wrong', () => {
    const message = refusalOf((manifest) => {
      const files = manifest.files as { sha256: string }[];
      files[2]!.sha256 = 'XYZ';
    });
    expect(message).toContain('files[2].sha256 is "XYZ"');
  });

  it('refuses file names that lead elsewhere', () => {
    for (const name of ['../ranker.onnx', 'a/b', 'a\\b', '..', '.', '', '/etc/passwd', '.hidden', 'a\nb', 'a\0b']) {
      const message = refusalOf((manifest) => {
        (manifest.files as { name: string }[])[0]!.name = name;
      });
      expect(message, name).toContain('REC_BUNDLE_INVALID manifest.json: files[0].name is');
    }
  });

  it('refuses a manifest that lists itself, a file twice, or not all files', () => {
    type Files = { name: string }[];
    const listing = (edit: (files: Files) => void) => refusalOf((manifest) => edit(manifest.files as Files));
    expect(listing((files) => files.push({ ...files[0]!, name: 'manifest.json' }))).toContain(
      'files lists manifest.json',
    );
    expect(listing((files) => files.push({ ...files[0]! }))).toContain('files lists feature-schema.json twice');
    expect(listing((files) => files.splice(1, 1))).toContain('files does not list ranker.onnx');
  });

  it('takes a newer format for incompatible, whatever else it holds', () => {
    const message = refusalOfText('{"format":"vitrine-bundle","formatVersion":2}');
    expect(message).toContain('REC_BUNDLE_INCOMPATIBLE manifest.json: formatVersion is 2, this program reads up to 1');
  });

  it('refuses what is not a manifest of ours', () => {
    expect(refusalOfText('{"format":')).toContain('REC_BUNDLE_INVALID manifest.json is not JSON');
    expect(refusalOfText('')).toContain('REC_BUNDLE_INVALID manifest.json is not JSON');
    expect(refusalOfText('null')).toContain('REC_BUNDLE_INVALID manifest.json: the manifest is null');
    expect(refusalOfText('[]')).toContain('REC_BUNDLE_INVALID manifest.json: the manifest is []');
    expect(refusalOf((manifest) => Object.assign(manifest, { format: 'zip' }))).toContain('format is "zip"');
    expect(refusalOf((manifest) => Object.assign(manifest, { formatVersion: '1' }))).toContain('formatVersion is "1"');
  });
});

describe('isModelVersion', () => {
  it('takes letters, digits, dots, hyphens and underscores, up to 64 of them', () => {
    for (const name of ['v1', '20240506-070809', 'a.b_c-d', '-', 'x'.repeat(64)])
      expect(isModelVersion(name)).toBe(true);
  });

  it('refuses paths, hidden names and the like', () => {
    const names = ['', '.', '..', '../v1', 'v1/', '/v1', '.unfinished', 'a b', 'é', 'v1\n', 'x'.repeat(65)];
    for (const name of names) expect(isModelVersion(name), name).toBe(false);
  });
});

describe('isBundleFileName', () => {
  it('takes plain names but not the manifest', () => {
    expect(isBundleFileName('ranker.onnx')).toBe(true);
    expect(isBundleFileName('manifest.json')).toBe(false);
    expect(isBundleFileName('../ranker.onnx')).toBe(false);
  });
});
