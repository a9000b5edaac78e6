import { messageOf, VitrineError } from '../core/errors.ts';
import { isSensitiveAttribute } from '../schema/sensitive-attributes.ts';
import { MAX_TAG_NAME_LENGTH } from './profile.ts';
import { DEFAULT_SEGMENT_THRESHOLDS, type SegmentThresholds, thresholdProblems } from './segments.ts';
import { compileTagRule, shown } from './tag-rules/compile-tag-rule.ts';
import { TAG_FAMILIES, type TagDefinition, type TagFamily, type TagSet } from './tags.ts';

/** Most tags of one file: all of them are tried on a profile when its tags are asked for. */
export const MAX_TAGS = 100;
const MAX_TITLE_LENGTH = 80;
const NAME = /^[a-z][a-z0-9_]*$/;

/** All that is wrong with a file, gathered before anything is said. */
interface Problems {
  readonly messages: string[];
  isSensitive: boolean;
}

/**
 * Reads a tags file.
 *
 * Errors: REC_INVALID_CONFIG listing every problem by tag, key, value given and what is expected; REC_SENSITIVE_ATTRIBUTE, with the same
 * list, when a tag is about health, religion, politics, ethnicity or sexuality.
 *
 * @param fileName for messages
 */
export function parseTags(text: string, fileName: string): TagSet {
  const problems: Problems = { messages: [], isSensitive: false };
  const root = parseRoot(text, problems);
  const thresholds = parseThresholds(root.segments, problems);
  const tags = parseList(root.tags, thresholds, problems);
  if (problems.messages.length === 0) return { thresholds, tags };
  const listed = problems.messages.map((message) => `\n- ${message}`).join('');
  throw new VitrineError(
    problems.isSensitive ? 'REC_SENSITIVE_ATTRIBUTE' : 'REC_INVALID_CONFIG',
    `${fileName} cannot be used:${listed}`,
  );
}

function parseRoot(text: string, problems: Problems): Readonly<Record<string, unknown>> {
  let root: unknown;
  try {
    root = JSON.parse(text);
  } catch (error) {
    problems.messages.push(`it is not valid JSON: ${messageOf(error)}`);
    return { tags: [] };
  }
  if (!isObject(root)) {
    problems.messages.push(`it is ${shown(root)}, expected an object`);
    return { tags: [] };
  }
  if (root.format !== 'vitrine-tags' || root.formatVersion !== 1) {
    problems.messages.push(
      `format is ${shown(root.format)} and formatVersion is ${shown(root.formatVersion)}, expected "vitrine-tags" and 1`,
    );
  }
  refuseUnknownKeys('', root, ['format', 'formatVersion', 'segments', 'tags'], problems);
  return root;
}

function parseThresholds(written: unknown, problems: Problems): SegmentThresholds {
  if (written === undefined) return DEFAULT_SEGMENT_THRESHOLDS;
  if (!isObject(written)) {
    problems.messages.push(`segments is ${shown(written)}, expected an object`);
    return DEFAULT_SEGMENT_THRESHOLDS;
  }
  refuseUnknownKeys('segments: ', written, Object.keys(DEFAULT_SEGMENT_THRESHOLDS), problems);
  const thresholds = { ...DEFAULT_SEGMENT_THRESHOLDS, ...written } as SegmentThresholds;
  problems.messages.push(...thresholdProblems(thresholds).map((problem) => `segments: ${problem}`));
  return thresholds;
}

function parseList(written: unknown, thresholds: SegmentThresholds, problems: Problems): TagDefinition[] {
  if (!Array.isArray(written) || written.length > MAX_TAGS) {
    const given = Array.isArray(written) ? `a list of ${written.length}` : shown(written);
    problems.messages.push(`tags is ${given}, expected a list of at most ${MAX_TAGS} tags`);
    return [];
  }
  const names = new Set<string>();
  const tags: TagDefinition[] = [];
  for (const [place, one] of written.entries()) {
    const tag = parseTag(one, place, thresholds, problems);
    if (tag === undefined) continue;
    if (names.has(tag.name)) problems.messages.push(`tag "${tag.name}" stands in the file twice, expected once`);
    names.add(tag.name);
    tags.push(tag);
  }
  return tags;
}

function parseTag(
  written: unknown,
  place: number,
  thresholds: SegmentThresholds,
  problems: Problems,
): TagDefinition | undefined {
  if (!isObject(written)) {
    problems.messages.push(`tags[${place}] is ${shown(written)}, expected an object with name, family, title and rule`);
    return undefined;
  }
  const { name, family, title, rule } = written;
  const at = typeof name === 'string' && NAME.test(name) ? `tag "${name}": ` : `tags[${place}]: `;
  const before = problems.messages.length;
  const refuse = (message: string): number => problems.messages.push(`${at}${message}`);
  refuseUnknownKeys(at, written, ['name', 'family', 'title', 'rule'], problems);
  if (typeof name !== 'string' || !NAME.test(name) || name.length > MAX_TAG_NAME_LENGTH) {
    refuse(
      `name is ${shown(name)}, expected 1 to ${MAX_TAG_NAME_LENGTH} small letters, digits and underscores, a letter first`,
    );
  }
  if (!TAG_FAMILIES.includes(family as TagFamily)) {
    refuse(`family is ${shown(family)}, expected one of ${TAG_FAMILIES.join(', ')}`);
  }
  if (typeof title !== 'string' || title === '' || title.length > MAX_TITLE_LENGTH) {
    refuse(`title is ${shown(title)}, expected a text of 1 to ${MAX_TITLE_LENGTH} characters`);
  }
  for (const [key, value] of Object.entries({ name, title })) {
    if (typeof value !== 'string' || !isSensitiveAttribute(value)) continue;
    problems.isSensitive = true;
    refuse(`${key} is ${shown(value)}, which is about health, religion, politics, ethnicity or sexuality`);
  }
  const compiled = isObject(rule)
    ? compileTagRule(rule, thresholds)
    : { problems: [`rule is ${shown(rule)}, expected an object with a kind`], isSensitive: false };
  if ('problems' in compiled) {
    problems.isSensitive ||= compiled.isSensitive;
    for (const problem of compiled.problems) refuse(isObject(rule) ? `rule: ${problem}` : problem);
    return undefined;
  }
  if (problems.messages.length > before) return undefined;
  return { name: name as string, family: family as TagFamily, title: title as string, rule: compiled.rule };
}

/** A key nobody reads would be taken for a setting that is in effect. */
function refuseUnknownKeys(at: string, value: object, known: readonly string[], problems: Problems): void {
  for (const key of Object.keys(value)) {
    if (!known.includes(key)) problems.messages.push(`${at}unknown key ${shown(key)}, expected ${known.join(', ')}`);
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
