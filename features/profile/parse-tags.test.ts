import { describe, expect, it } from 'vitest';
import { VitrineError } from '../core/errors.ts';
import { loadDefaultTags } from './default-tags.ts';
import { MAX_TAGS, parseTags } from './parse-tags.ts';
import { DEFAULT_SEGMENT_THRESHOLDS, LIFECYCLE_STAGES, RFM_CELLS } from './segments.ts';
import { TAG_FAMILIES } from './tags.ts';

const aTag = (more: object = {}): object => ({
  name: 'buyer',
  family: 'value',
  title: 'Buys',
  rule: { kind: 'purchases', measure: 'orders', min: 1 },
  ...more,
});
const aFile = (tags: unknown, more: object = {}): string =>
  JSON.stringify({ format: 'vitrine-tags', formatVersion: 1, tags, ...more });

function errorOf(text: string): VitrineError {
  try {
    parseTags(text, 'tags.json');
  } catch (error) {
    if (error instanceof VitrineError) return error;
  }
  throw new Error('expected a VitrineError');
}

/** The problems a file has, one by one. */
const problemsOf = (text: string): string[] => errorOf(text).message.split('\n- ').slice(1);

describe('a tags file', () => {
  it('gives its tags in order, with the default thresholds when it states none', () => {
    const { tags, thresholds } = parseTags(aFile([aTag(), aTag({ name: 'b2', family: 'basic' })]), 'tags.json');
    expect(tags.map(({ name, family, title }) => [name, family, title])).toEqual([
      ['buyer', 'value', 'Buys'],
      ['b2', 'basic', 'Buys'],
    ]);
    expect(thresholds).toEqual(DEFAULT_SEGMENT_THRESHOLDS);
  });

  it('may set some thresholds', () => {
    const { thresholds } = parseTags(aFile([], { segments: { newDays: 3 } }), 'tags.json');
    expect(thresholds).toEqual({ ...DEFAULT_SEGMENT_THRESHOLDS, newDays: 3 });
  });

  it.each<[string, string, string]>([
    ['text that is no JSON', '{"tags": [', 'it is not valid JSON: '],
    ['a list', '[]', 'it is [], expected an object'],
    ['another format', aFile([], { formatVersion: 2 }), 'format is "vitrine-tags" and formatVersion is 2, expected'],
    ['an unknown key', aFile([], { tag: 1 }), 'unknown key "tag", expected format, formatVersion, segments, tags'],
    ['no tags', aFile(undefined), 'tags is missing, expected a list of at most 100 tags'],
    ['too many tags', aFile(new Array(MAX_TAGS + 1).fill(1)), 'tags is a list of 101, expected a list of at most 100'],
    ['a tag that is none', aFile([7]), 'tags[0] is 7, expected an object with name, family, title and rule'],
    ['segments that are none', aFile([], { segments: 5 }), 'segments is 5, expected an object'],
    ['an unknown threshold', aFile([], { segments: { x: 5 } }), 'segments: unknown key "x", expected recencyGoodDays'],
    ['a bad threshold', aFile([], { segments: { newDays: 'a' } }), 'segments: newDays is "a", expected a number'],
    ['a name with blanks', aFile([aTag({ name: 'a b' })]), 'tags[0]: name is "a b", expected 1 to 48 small letters'],
    ['a long name', aFile([aTag({ name: 'a'.repeat(49) })]), `tag "${'a'.repeat(49)}": name is "aaa`],
    ['an unknown family', aFile([aTag({ family: 'x' })]), 'tag "buyer": family is "x", expected one of basic, behav'],
    ['no title', aFile([aTag({ title: '' })]), 'tag "buyer": title is "", expected a text of 1 to 80 characters'],
    ['an unknown key of a tag', aFile([aTag({ rules: 1 })]), 'tag "buyer": unknown key "rules", expected name, fam'],
    ['no rule', aFile([aTag({ rule: 5 })]), 'tag "buyer": rule is 5, expected an object with a kind'],
    ['an unknown kind', aFile([aTag({ rule: { kind: 'x' } })]), 'tag "buyer": rule: kind is "x", expected one of lif'],
    ['__proto__ as kind', aFile([aTag({ rule: { kind: '__proto__' } })]), 'tag "buyer": rule: kind is "__proto__", '],
    [
      'a missing parameter',
      aFile([aTag({ rule: { kind: 'churn_risk' } })]),
      'tag "buyer": rule: min is missing, expected a number 0 to 1',
    ],
    [
      'a number out of range',
      aFile([aTag({ rule: { kind: 'churn_risk', min: 1.5 } })]),
      'tag "buyer": rule: min is 1.5, expected a number 0 to 1',
    ],
    [
      'a number written as text',
      aFile([aTag({ rule: { kind: 'churn_risk', min: '0.5' } })]),
      'tag "buyer": rule: min is "0.5", expected a number 0 to 1',
    ],
    [
      'half an order',
      aFile([aTag({ rule: { kind: 'promotion_sensitivity', min: 0.5, minOrders: 1.5 } })]),
      'tag "buyer": rule: minOrders is 1.5, expected a whole number 1 to 1000000',
    ],
    [
      'an unknown choice',
      aFile([aTag({ rule: { kind: 'lifecycle', stage: 'old' } })]),
      'tag "buyer": rule: stage is "old", expected one of new, growing, mature, sleeping, lost',
    ],
    [
      'an empty text',
      aFile([aTag({ rule: { kind: 'device_equals', device: '' } })]),
      'tag "buyer": rule: device is "", expected a text of 1 to 256 characters',
    ],
    [
      'an unknown parameter',
      aFile([aTag({ rule: { kind: 'churn_risk', min: 0.5, least: 1 } })]),
      'tag "buyer": rule: least is no parameter of churn_risk, expected one of min, max',
    ],
    [
      'neither of two parameters',
      aFile([aTag({ rule: { kind: 'price_level' } })]),
      'tag "buyer": rule: none of min, max is given, expected at least one',
    ],
    ['a name twice', aFile([aTag(), aTag()]), 'tag "buyer" stands in the file twice, expected once'],
  ])('with %s is refused, naming tag, key, value and what is expected', (_, text, problem) => {
    const problems = problemsOf(text);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(problem);
    expect(errorOf(text).code).toBe('REC_INVALID_CONFIG');
    expect(errorOf(text).message).toMatch(/^tags\.json cannot be used:/);
  });

  it('is refused with all of its problems at once', () => {
    const rule = { kind: 'churn_risk', min: 2, max: 3 };
    const text = aFile([aTag({ family: 'x', title: 5, rule }), aTag({ name: 'b', rule: {} })], { segments: [] });
    // Segments; family, title, min and max; kind.
    expect(problemsOf(text)).toHaveLength(6);
  });

  it.each([
    ['name', aTag({ name: 'is_pregnant' }), 'name is "is_pregnant"'],
    ['title', aTag({ title: 'Interested in religion' }), 'title is "Interested in religion"'],
    [
      'attribute',
      aTag({ rule: { kind: 'attribute_equals', attribute: 'ethnicity', value: 'x' } }),
      'rule: attribute is "ethnicity"',
    ],
    [
      'value',
      aTag({ rule: { kind: 'attribute_equals', attribute: 'club', value: 'political party' } }),
      'rule: value is "political party"',
    ],
    [
      'category',
      aTag({ rule: { kind: 'interest_in', by: 'category', key: 'Health > Diagnosis', minShare: 0.1 } }),
      'rule: key is "Health > Diagnosis"',
    ],
  ])('is refused when the %s of a tag is about what must not be tagged', (_, tag, problem) => {
    const error = errorOf(aFile([tag]));
    expect(error.code).toBe('REC_SENSITIVE_ATTRIBUTE');
    expect(error.message).toContain(`${problem}, which is about health, religion, politics, ethnicity or sexuality`);
  });
});

describe('the default tags', () => {
  const { tags, thresholds } = loadDefaultTags();

  it('state the default thresholds, so that a marketer sees them', () => {
    expect(thresholds).toEqual(DEFAULT_SEGMENT_THRESHOLDS);
  });

  it('have every family, every segment and every stage', () => {
    expect(new Set(tags.map(({ family }) => family))).toEqual(new Set(TAG_FAMILIES));
    const names = tags.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(RFM_CELLS.map((cell) => `rfm_${cell}`)));
    expect(names).toEqual(expect.arrayContaining(LIFECYCLE_STAGES.map((stage) => `stage_${stage}`)));
  });
});
