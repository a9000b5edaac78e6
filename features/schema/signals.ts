import type { Catalogue, NameCode } from '../catalogue/catalogue.ts';
import { MS_PER_DAY, MS_PER_HOUR } from '../core/clock.ts';
import { VitrineError } from '../core/errors.ts';
import { churnRiskOf, DEFAULT_CHURN_PARAMETERS } from '../profile/churn-risk.ts';
import { EVENT_TYPE_INDEX, type EventType, isEventType } from '../profile/event.ts';
import { type InterestSums, strongestInterests } from '../profile/interest-sums.ts';
import { INTEREST_KINDS, type InterestKind, type Profile, RECENT_LISTS, type RecentType } from '../profile/profile.ts';
import { nextDueAtMs } from '../profile/rhythm.ts';
import { DEFAULT_SEGMENT_THRESHOLDS, lifecycleOf, rfmOf, thresholdProblems } from '../profile/segments.ts';
import { compileTagRule } from '../profile/tag-rules/compile-tag-rule.ts';
import type { FieldGroup } from './feature-schema.ts';

/**
 * The raw values features are made of. Online and offline call the same functions with the profile and the time of the moment.
 *
 * Missing: undefined for text, NaN for numbers.
 */

/** Raised when a signal changes meaning: bundles made with another number are refused. */
export const SIGNALS_VERSION = 1;

/** Facts of the request that are not of the profile. */
export interface SignalContext {
  readonly nowMs: number;
  /** '' for a visitor without an account. */
  readonly userId: string;
  /** '' when unknown. */
  readonly device: string;
}

type Value = string | number | readonly string[] | undefined;
type Parameters = Readonly<Record<string, string | number>>;

/**
 * Reads a value that is the same for all candidates of a request.
 *
 * @param most of several values so many are looked at; more may be given
 */
export type QueryReader = (profile: Profile, context: SignalContext, most?: number) => Value;
/** Reads a value that is the same for all requests. */
export type ItemReader = (catalogue: Catalogue, itemIndex: number) => Value;
/** Prepares a request once for any number of candidates; what it returns is to be read before the profile changes. */
export type CrossReader = (profile: Profile, context: SignalContext, catalogue: Catalogue) => CrossValues;

/**
 * A number per candidate, NaN = missing: the time since the product was created, or the same for all products with one key, so that only the
 * few keys a shopper has to do with need a look.
 */
export type CrossValues =
  | { readonly kind: 'age'; readonly nowMs: number; readonly unitMs: number }
  | {
      readonly kind: 'keyed';
      /** What the key of a product is: one of its codes; undefined: its row. */
      readonly keyCode: NameCode | undefined;
      /** Most keys {@link forEach} names. */
      readonly keyLimit: number;
      /** Names the keys that have a number of their own; the last one counts when a key is named twice. */
      readonly forEach: (visit: (key: number, value: number) => void) => void;
      /** Of products with any other key. */
      readonly otherwise: number;
    };

/** The number of one candidate. */
export function crossValueOf(values: CrossValues, itemIndex: number, catalogue: Catalogue): number {
  if (values.kind === 'age') return (values.nowMs - catalogue.createdAtMsOf(itemIndex)) / values.unitMs;
  const key = values.keyCode === undefined ? itemIndex : catalogue.codeOf(itemIndex, values.keyCode);
  let found = values.otherwise;
  values.forEach((visited, value) => {
    if (visited === key) found = value;
  });
  return found;
}

const NO_VALUES: CrossValues = {
  kind: 'keyed',
  keyCode: undefined,
  keyLimit: 0,
  forEach: () => undefined,
  otherwise: Number.NaN,
};

interface SignalDefinition<Reader> {
  readonly groups: readonly FieldGroup[];
  readonly isNumber: boolean;
  /** Names of the parameters it knows, unless `make` checks the names itself. @defaultValue none */
  readonly parameters?: readonly string[] | 'checked by make';
  /** Checks parameters and returns the reader; throws REC_INVALID_SCHEMA naming the parameter. */
  readonly make: (parameters: Parameters) => Reader;
}

function choice<T extends string>(parameters: Parameters, name: string, allowed: readonly T[]): T {
  const value = parameters[name];
  if (typeof value === 'string' && (allowed as readonly string[]).includes(value)) return value as T;
  throw new VitrineError(
    'REC_INVALID_SCHEMA',
    `parameter "${name}" is ${JSON.stringify(value)}, expected one of ${allowed.join(', ')}`,
  );
}

function text(parameters: Parameters, name: string): string {
  const value = parameters[name];
  if (typeof value === 'string' && value !== '') return value;
  throw new VitrineError('REC_INVALID_SCHEMA', `parameter "${name}" is ${JSON.stringify(value)}, expected a text`);
}

/** A count that may be left out; 0 = all. */
function wholeNumber(parameters: Parameters, name: string): number {
  const value = parameters[name] ?? 0;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value;
  throw new VitrineError(
    'REC_INVALID_SCHEMA',
    `parameter "${name}" is ${JSON.stringify(value)}, expected an integer from 0 up`,
  );
}

/** A number kept as text; NaN when it is none. */
function numberOf(value: string | undefined): number {
  return value === undefined || value.trim() === '' ? Number.NaN : Number(value);
}

/** Numbers of a table, each of which a parameter of the same name may replace; `others` are the signal's further parameters. */
function numbersWithDefaults<T extends object>(parameters: Parameters, defaults: T, others: readonly string[] = []): T {
  const numbers: Record<string, number> = { ...(defaults as Record<string, number>) };
  for (const [name, value] of Object.entries(parameters)) {
    if (others.includes(name)) continue;
    if (!Object.hasOwn(defaults, name)) {
      const known = [...others, ...Object.keys(defaults)].join(', ');
      throw new VitrineError('REC_INVALID_SCHEMA', `"${name}" is no parameter, expected one of ${known}`);
    }
    if (typeof value !== 'number' || !(value >= 0 && Number.isFinite(value))) {
      throw new VitrineError(
        'REC_INVALID_SCHEMA',
        `parameter "${name}" is ${JSON.stringify(value)}, expected a number from 0 up`,
      );
    }
    numbers[name] = value;
  }
  return numbers as T;
}

const RECENT_TYPES = RECENT_LISTS.map((list) => list.type);

function daysBetween(fromMs: number, nowMs: number): number {
  return fromMs === 0 ? Number.NaN : Math.max(0, nowMs - fromMs) / MS_PER_DAY;
}

/** Newest time of any recent list of one event type; 0 = never. */
function lastRecentAtMs(profile: Profile, type: RecentType): number {
  return profile.recent[type].atMs[0] ?? 0;
}

export const QUERY_SIGNALS: Readonly<Record<string, SignalDefinition<QueryReader>>> = {
  user_id: {
    groups: ['user'],
    isNumber: false,
    make: () => (_profile, context) => (context.userId === '' ? undefined : context.userId),
  },
  user_attribute: {
    groups: ['user'],
    isNumber: false,
    parameters: ['attribute', 'prefixLength'],
    make: (parameters) => {
      const name = text(parameters, 'attribute');
      const prefixLength = wholeNumber(parameters, 'prefixLength');
      return (profile) => {
        const value = profile.attributes.get(name);
        return value !== undefined && prefixLength > 0 ? value.slice(0, prefixLength) : splitValues(value);
      };
    },
  },
  user_attribute_number: {
    groups: ['user'],
    isNumber: true,
    parameters: ['attribute'],
    make: (parameters) => {
      const name = text(parameters, 'attribute');
      return (profile) => numberOf(profile.attributes.get(name));
    },
  },
  recent_items: {
    groups: ['user'],
    isNumber: false,
    parameters: ['event'],
    make: (parameters) => {
      const type = choice(parameters, 'event', RECENT_TYPES);
      return (profile) => profile.recent[type].itemIds;
    },
  },
  top_interests: {
    groups: ['user'],
    isNumber: false,
    parameters: ['by'],
    make: (parameters) => {
      const kind = choice<InterestKind>(parameters, 'by', INTEREST_KINDS);
      return (profile, _context, most) => strongestInterests(profile.interests[kind], most);
    },
  },
  event_count: {
    groups: ['user'],
    isNumber: true,
    parameters: ['event'],
    make: (parameters) => {
      const type: EventType = choice(parameters, 'event', Object.keys(EVENT_TYPE_INDEX).filter(isEventType));
      return (profile) => profile.eventCounts[EVENT_TYPE_INDEX[type]];
    },
  },
  days_since_recent: {
    groups: ['user'],
    isNumber: true,
    parameters: ['event'],
    make: (parameters) => {
      const type = choice(parameters, 'event', RECENT_TYPES);
      return (profile, context) => daysBetween(lastRecentAtMs(profile, type), context.nowMs);
    },
  },
  days_since_last_seen: {
    groups: ['user'],
    isNumber: true,
    make: () => (profile, context) => daysBetween(profile.lastSeenAtMs, context.nowMs),
  },
  days_since_first_seen: {
    groups: ['user'],
    isNumber: true,
    make: () => (profile, context) => daysBetween(profile.firstSeenAtMs, context.nowMs),
  },
  order_count: { groups: ['user'], isNumber: true, make: () => (profile) => profile.purchases.orderCount },
  average_order_value: {
    groups: ['user'],
    isNumber: true,
    make: () => (profile) => {
      const { orderCount, totalValue } = profile.purchases;
      return orderCount === 0 ? Number.NaN : totalValue / orderCount;
    },
  },
  segment: {
    groups: ['user'],
    isNumber: false,
    parameters: 'checked by make',
    make: (parameters) => {
      const by = choice(parameters, 'by', ['rfm', 'lifecycle']);
      const thresholds = numbersWithDefaults(parameters, DEFAULT_SEGMENT_THRESHOLDS, ['by']);
      const [problem] = thresholdProblems(thresholds);
      if (problem !== undefined) throw new VitrineError('REC_INVALID_SCHEMA', problem);
      return by === 'rfm'
        ? (profile, context) => rfmOf(profile, context.nowMs, thresholds)?.cell
        : (profile, context) => lifecycleOf(profile, context.nowMs, thresholds);
    },
  },
  // The rule stands in the schema and not in a tags file, so that a bundle goes on meaning what it was trained with when the file changes.
  tag: {
    groups: ['user'],
    isNumber: false,
    parameters: 'checked by make',
    make: (parameters) => {
      const name = text(parameters, 'name');
      const { name: _name, ...written } = parameters;
      const compiled = compileTagRule(written, DEFAULT_SEGMENT_THRESHOLDS);
      if ('problems' in compiled) {
        const code = compiled.isSensitive ? 'REC_SENSITIVE_ATTRIBUTE' : 'REC_INVALID_SCHEMA';
        throw new VitrineError(code, `tag "${name}": ${compiled.problems.join('; ')}`);
      }
      return (profile, context) => {
        if (profile.deletedTags.includes(name)) return undefined;
        const values = compiled.rule(profile, context).map(({ value }) => value ?? 'yes');
        return values.length === 0 ? undefined : values;
      };
    },
  },
  churn_risk: {
    groups: ['user'],
    isNumber: true,
    parameters: 'checked by make',
    make: (parameters) => {
      const model = numbersWithDefaults(parameters, DEFAULT_CHURN_PARAMETERS);
      return (profile, context) => churnRiskOf(profile, context.nowMs, model);
    },
  },
  device: {
    groups: ['user', 'context'],
    isNumber: false,
    make: () => (profile, context) => context.device || profile.device || undefined,
  },
  hour: {
    groups: ['context'],
    isNumber: true,
    make: () => (_profile, context) => new Date(context.nowMs).getUTCHours(),
  },
  weekday: {
    groups: ['context'],
    isNumber: true,
    make: () => (_profile, context) => new Date(context.nowMs).getUTCDay(),
  },
  month: {
    groups: ['context'],
    isNumber: true,
    make: () => (_profile, context) => new Date(context.nowMs).getUTCMonth(),
  },
};

/** Attribute columns keep several values joined by `|`. */
function splitValues(value: string | undefined): Value {
  return value?.includes('|') ? value.split('|').filter((part) => part !== '') : value;
}

export const ITEM_SIGNALS: Readonly<Record<string, SignalDefinition<ItemReader>>> = {
  item_id: { groups: ['item'], isNumber: false, make: () => (catalogue, index) => catalogue.itemIds[index] },
  category: {
    groups: ['item'],
    isNumber: false,
    parameters: ['depth'],
    make: (parameters) => {
      const depth = wholeNumber(parameters, 'depth');
      return (catalogue, index) => {
        const category = catalogue.categories[index];
        return category === undefined || depth === 0 ? category : categoryAtDepth(category, depth);
      };
    },
  },
  brand: { groups: ['item'], isNumber: false, make: () => (catalogue, index) => catalogue.brands[index] },
  price: { groups: ['item'], isNumber: true, make: () => (catalogue, index) => catalogue.priceOf(index) },
  item_attribute: {
    groups: ['item'],
    isNumber: false,
    parameters: ['attribute'],
    make: (parameters) => {
      const name = text(parameters, 'attribute');
      return (catalogue, index) => splitValues(catalogue.attributes.get(name)?.[index]);
    },
  },
  item_attribute_number: {
    groups: ['item'],
    isNumber: true,
    parameters: ['attribute'],
    make: (parameters) => {
      const name = text(parameters, 'attribute');
      return (catalogue, index) => numberOf(catalogue.attributes.get(name)?.[index]);
    },
  },
};

/** The first `depth` levels of a category path. */
export function categoryAtDepth(category: string, depth: number): string {
  let end = -1;
  for (let level = 0; level < depth; level++) {
    end = category.indexOf(' > ', end + 1);
    if (end < 0) return category;
  }
  return category.slice(0, end);
}

/** Where numbers of many names are put while they are visited; used by one list at a time. */
let room = new Int32Array(64);

function roomFor(count: number): Int32Array {
  if (room.length < count) room = new Int32Array(2 * count);
  return room;
}

/** Shares of all interest of one kind, by the catalogue's number of the key. */
function keyedShares({ names, sums }: InterestSums, keyCode: NameCode, catalogue: Catalogue): CrossValues {
  let total = 0;
  for (const sum of sums) total += sum;
  return {
    kind: 'keyed',
    keyCode,
    keyLimit: names.length,
    forEach: (visit) => {
      const numbers = roomFor(names.length);
      catalogue.numbersOf(keyCode, names, names.length, numbers);
      for (let i = 0; i < names.length; i++) {
        if (numbers[i]! >= 0) visit(numbers[i]!, sums[i]! / total);
      }
    },
    otherwise: 0,
  };
}

function affinity(kind: InterestKind): CrossReader {
  return (profile, _context, catalogue) => {
    const interests = profile.interests[kind];
    if (interests.names.length === 0) return NO_VALUES;
    return keyedShares(interests, kind, catalogue);
  };
}

export const CROSS_SIGNALS: Readonly<Record<string, SignalDefinition<CrossReader>>> = {
  hours_since_item_event: {
    groups: ['cross'],
    isNumber: true,
    parameters: ['event'],
    make: (parameters) => {
      const type = choice(parameters, 'event', RECENT_TYPES);
      return (profile, context, catalogue) => {
        const { itemIds, atMs } = profile.recent[type];
        if (itemIds.length === 0) return NO_VALUES;
        return {
          kind: 'keyed',
          keyCode: undefined,
          keyLimit: itemIds.length,
          forEach: (visit) => {
            const items = roomFor(itemIds.length);
            catalogue.indexesOf(itemIds, itemIds.length, items);
            for (let i = 0; i < itemIds.length; i++) {
              if (items[i]! >= 0) visit(items[i]!, Math.max(0, context.nowMs - atMs[i]!) / MS_PER_HOUR);
            }
          },
          otherwise: Number.NaN,
        };
      };
    },
  },
  interest_share: {
    groups: ['cross'],
    isNumber: true,
    parameters: ['by'],
    make: (parameters) => affinity(choice<InterestKind>(parameters, 'by', INTEREST_KINDS)),
  },
  item_age_days: {
    groups: ['cross'],
    isNumber: true,
    make: () => (_profile, context) => ({ kind: 'age', nowMs: context.nowMs, unitMs: MS_PER_DAY }),
  },
  days_until_due: {
    groups: ['cross'],
    isNumber: true,
    parameters: 'checked by make',
    make: (parameters) => {
      const { minPurchases } = numbersWithDefaults(parameters, { minPurchases: 2 });
      return (profile, context, catalogue) => {
        return {
          kind: 'keyed',
          keyCode: 'category',
          keyLimit: profile.rhythms.length,
          forEach: (visit) => {
            for (const rhythm of profile.rhythms) {
              if (rhythm.purchaseCount < minPurchases) continue;
              const number = catalogue.categoryNumberOf(rhythm.category);
              if (number >= 0) visit(number, (nextDueAtMs(rhythm) - context.nowMs) / MS_PER_DAY);
            }
          },
          otherwise: Number.NaN,
        };
      };
    },
  },
};
