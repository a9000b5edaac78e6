import { isSensitiveAttribute } from '../../schema/sensitive-attributes.ts';
import type { SegmentThresholds } from '../segments.ts';
import { BEHAVIOUR_RULES } from './behaviour-rules.ts';
import { CUSTOMER_RULES } from './customer-rules.ts';
import { PREFERENCE_RULES } from './preference-rules.ts';
import type { ParameterSpec, RuleKind, RuleParameters, TagRule } from './tag-rule.ts';

/** Every kind of rule a tags file can use, by name. */
export const TAG_RULE_KINDS: ReadonlyMap<string, RuleKind> = new Map(
  Object.entries({ ...CUSTOMER_RULES, ...BEHAVIOUR_RULES, ...PREFERENCE_RULES }),
);

/** Longest text parameter: as long as the category, brand or attribute it is compared with may be. */
const MAX_TEXT_LENGTH = 256;

/** A rule ready to run, or all that is wrong with it. */
export type CompiledTagRule =
  | { readonly rule: TagRule }
  | { readonly problems: readonly string[]; readonly isSensitive: boolean };

/**
 * Turns a rule as written, `{kind, parameter: value, ...}`, into a function.
 *
 * Problems name the parameter, the value given and what is expected.
 */
export function compileTagRule(
  written: Readonly<Record<string, unknown>>,
  thresholds: SegmentThresholds,
): CompiledTagRule {
  const kind = typeof written.kind === 'string' ? TAG_RULE_KINDS.get(written.kind) : undefined;
  if (kind === undefined) {
    const names = Array.from(TAG_RULE_KINDS.keys()).join(', ');
    return { problems: [`kind is ${shown(written.kind)}, expected one of ${names}`], isSensitive: false };
  }
  const problems: string[] = [];
  for (const key of Object.keys(written)) {
    if (key === 'kind' || Object.hasOwn(kind.parameters, key)) continue;
    const known = Object.keys(kind.parameters).join(', ');
    problems.push(`${key} is no parameter of ${written.kind}, expected one of ${known}`);
  }
  const values = new Map<string, number | string>();
  let isSensitive = false;
  for (const [name, spec] of Object.entries(kind.parameters)) {
    const value = Object.hasOwn(written, name) ? written[name] : undefined;
    const problem = parameterProblem(name, spec, value);
    if (problem !== undefined) problems.push(problem);
    else if (typeof value === 'number') values.set(name, value);
    else if (typeof value === 'string') {
      values.set(name, value);
      if (spec.type !== 'text' || !isSensitiveAttribute(value)) continue;
      isSensitive = true;
      problems.push(`${name} is ${shown(value)}, which is about health, religion, politics, ethnicity or sexuality`);
    } else if (spec.type === 'number' && spec.defaultValue !== undefined) values.set(name, spec.defaultValue);
  }
  if (kind.oneOf !== undefined && problems.length === 0 && !kind.oneOf.some((name) => values.has(name))) {
    problems.push(`none of ${kind.oneOf.join(', ')} is given, expected at least one`);
  }
  return problems.length > 0 ? { problems, isSensitive } : { rule: kind.make(readerOf(values), thresholds) };
}

function parameterProblem(name: string, spec: ParameterSpec, value: unknown): string | undefined {
  if (spec.type === 'number') {
    if (value === undefined && (spec.isOptional || spec.defaultValue !== undefined)) return undefined;
    const isFine = typeof value === 'number' && value >= spec.min && value <= spec.max;
    if (isFine && !(spec.isWhole && !Number.isInteger(value))) return undefined;
    const what = spec.isWhole ? 'a whole number' : 'a number';
    return `${name} is ${shown(value)}, expected ${what} ${spec.min} to ${spec.max}`;
  }
  if (spec.type === 'choice') {
    if (typeof value === 'string' && spec.choices.includes(value)) return undefined;
    return `${name} is ${shown(value)}, expected one of ${spec.choices.join(', ')}`;
  }
  if (typeof value === 'string' && value !== '' && value.length <= MAX_TEXT_LENGTH) return undefined;
  return `${name} is ${shown(value)}, expected a text of 1 to ${MAX_TEXT_LENGTH} characters`;
}

function readerOf(values: ReadonlyMap<string, number | string>): RuleParameters {
  return {
    number: (name) => values.get(name) as number,
    optionalNumber: (name) => values.get(name) as number | undefined,
    text: (name) => values.get(name) as string,
  };
}

/** A value for a message: as JSON, cut where it is long. */
export function shown(value: unknown): string {
  if (value === undefined) return 'missing';
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 60)}...` : text;
}
