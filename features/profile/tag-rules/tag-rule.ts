import type { ItemFactsLookup } from '../apply-event.ts';
import type { Profile } from '../profile.ts';
import type { SegmentThresholds } from '../segments.ts';

/** When, and with what knowledge of products, tags are given. */
export interface TagMoment {
  readonly nowMs: number;
  /** Lets reasons name the day on which something of a category or brand was viewed. */
  readonly facts?: ItemFactsLookup;
}

/** A tag holds, and why. */
export interface TagFinding {
  /** What it is about, where a tag can be about several things: a category, a brand. */
  readonly value?: string;
  readonly reason: string;
}

/** Says whether a tag holds, once for each value it has; empty when it does not. */
export type TagRule = (profile: Profile, moment: TagMoment) => readonly TagFinding[];

/** What a parameter of a rule may be. */
export type ParameterSpec =
  | {
      readonly type: 'number';
      readonly min: number;
      readonly max: number;
      readonly isWhole?: true;
      readonly isOptional?: true;
      readonly defaultValue?: number;
    }
  | { readonly type: 'text' }
  | { readonly type: 'choice'; readonly choices: readonly string[] };

/** Checked parameters of one rule. */
export interface RuleParameters {
  number(name: string): number;
  /** Undefined when the parameter is optional and was not given. */
  optionalNumber(name: string): number | undefined;
  text(name: string): string;
}

/** A kind of rule a tags file can use. */
export interface RuleKind {
  readonly parameters: Readonly<Record<string, ParameterSpec>>;
  /** Parameters of which one at least is needed. */
  readonly oneOf?: readonly string[];
  readonly make: (parameters: RuleParameters, thresholds: SegmentThresholds) => TagRule;
}

export const NO_FINDING: readonly TagFinding[] = [];

/** One finding without a value. */
export function holds(reason: string): readonly TagFinding[] {
  return [{ reason }];
}

/** Longest look back, in days. */
const TEN_YEARS = 3_650;
export const LARGEST_AMOUNT = 1e12;

export const SHARE: ParameterSpec = { type: 'number', min: 0, max: 1 };
export const OPTIONAL_SHARE: ParameterSpec = { type: 'number', min: 0, max: 1, isOptional: true };
export const TEXT: ParameterSpec = { type: 'text' };
export const OPTIONAL_AMOUNT: ParameterSpec = { type: 'number', min: 0, max: LARGEST_AMOUNT, isOptional: true };
/** How many values of a tag a shopper gets at most. */
export const MOST_VALUES: ParameterSpec = { type: 'number', min: 1, max: 5, isWhole: true, defaultValue: 1 };

export function choice(choices: readonly string[]): ParameterSpec {
  return { type: 'choice', choices };
}

export function days(defaultValue?: number): ParameterSpec {
  return { type: 'number', min: 0, max: TEN_YEARS, ...(defaultValue === undefined ? {} : { defaultValue }) };
}

export function count(defaultValue?: number): ParameterSpec {
  const whole = { type: 'number', min: 1, max: 1_000_000, isWhole: true } as const;
  return { ...whole, ...(defaultValue === undefined ? {} : { defaultValue }) };
}
