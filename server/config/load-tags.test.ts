import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from './load-config.ts';
import { loadTags } from './load-tags.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vitrine-tags-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function file(content: unknown): string {
  const path = join(folder, 'tags.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

const vip = {
  name: 'vip',
  family: 'value',
  title: 'Very good',
  rule: { kind: 'purchases', measure: 'orders', min: 9 },
};
const aFile = (...tags: unknown[]) => ({ format: 'vitrine-tags', formatVersion: 1, tags });

describe('the tags of the shop', () => {
  it('are the default ones until the shop has a file of its own', () => {
    expect(loadTags('').tags.map(({ name }) => name)).toContain('top_category');
    expect(loadTags(file(aFile(vip))).tags.map(({ name }) => name)).toEqual(['vip']);
    expect(loadTags(file(`\uFEFF${JSON.stringify(aFile(vip))}`)).tags).toHaveLength(1);
  });

  it('come with the configuration, from a path relative to the working directory', () => {
    file(aFile(vip));
    const { compiled } = loadConfig({ workingDirectory: folder, environment: { VITRINE_FEATURES_TAGS: 'tags.json' } });
    expect(compiled.tags.tags.map(({ name }) => name)).toEqual(['vip']);
    expect(loadConfig({ workingDirectory: folder, environment: {} }).compiled.tags).toEqual(
      expect.objectContaining({ thresholds: expect.objectContaining({ newDays: 7 }) }),
    );
  });

  it.each([
    [
      aFile({ ...vip, family: 'habit' }),
      /tags\.json cannot be used:\n- tag "vip": family is "habit", expected one of basic/,
    ],
    [
      aFile({ ...vip, rule: { kind: 'purchases', measure: 'orders', min: 'nine' } }),
      /- tag "vip": rule: min is "nine", expected/,
    ],
    [
      '{\n  "format": "vitrine-tags",\n}',
      /tags\.json cannot be used:\n- it is not valid JSON at line 3, column 1: expected a key/,
    ],
  ])('are refused with file, tag and field: %j', (content, message) => {
    expect(() => loadTags(file(content))).toThrow(
      expect.objectContaining({ code: 'REC_INVALID_CONFIG', message: expect.stringMatching(message) }),
    );
  });

  it('say what to do about a file that is not there, and refuse sensitive ones', () => {
    expect(() => loadTags(join(folder, 'none.json'))).toThrow(
      /none\.json cannot be used:\n- it cannot be read \(ENOENT.*give a readable file in features\.tags, or none/,
    );
    expect(() => loadTags(file(aFile({ ...vip, title: 'Religion' })))).toThrow(
      expect.objectContaining({ code: 'REC_SENSITIVE_ATTRIBUTE' }),
    );
  });
});

describe('audiences of scenes', () => {
  it('are refused when they name no shoppers, no products, or a tag that is not declared', () => {
    const audiences = [
      { tags: ['gold_membr', 'customer'], mode: 'only', items: { brands: ['Vigna'] } },
      { mode: 'never', items: {} },
    ];
    writeFileSync(join(folder, 'vitrine.config.json'), JSON.stringify({ scenes: { home: { audiences } } }));
    expect(() => loadConfig({ workingDirectory: folder, environment: {} })).toThrow(
      expect.objectContaining({
        code: 'REC_INVALID_CONFIG',
        message: [
          'The configuration has 3 problems:',
          '  scenes.home.audiences[0].tags[0]: "gold_membr" given, expected a declared tag; did you mean gold_member?',
          '  scenes.home.audiences[1]: neither tags nor segments given, expected tags, segments, or both',
          '  scenes.home.audiences[1].items: {} given, expected categories, brands or attributes',
        ].join('\n'),
      }),
    );
  });

  it.each([
    [
      { tags: ['customer'], items: { brands: ['x'] } },
      'scenes.home.audiences[0].mode: missing given, expected one of "only", "never"',
    ],
    [
      { tags: [], mode: 'only', items: { brand: ['x'] } },
      'scenes.home.audiences[0].items.brand: array of 1 given, expected no such key; did you mean brands?',
    ],
    [
      { segments: ['vip'], mode: 'only', items: { brands: ['x'] } },
      'scenes.home.audiences[0].segments[0]: "vip" given, expected one of "dormant"',
    ],
  ])('are refused with path and expectation: %j', (audience, message) => {
    writeFileSync(join(folder, 'vitrine.config.json'), JSON.stringify({ scenes: { home: { audiences: [audience] } } }));
    expect(() => loadConfig({ workingDirectory: folder, environment: {} })).toThrow(message);
  });
});
