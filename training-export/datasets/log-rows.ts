import type { EventLogEntry } from '../../features/profile/event-log-entry.ts';

/** A column of a table made from log entries. */
export interface LogColumn {
  readonly name: string;
  /** `moment`: epoch milliseconds. */
  readonly kind: 'double' | 'integer' | 'text' | 'moment';
  /** True: for ordering only, not written. */
  readonly isInternal?: boolean;
}

/** How the entries of a log become rows. */
export interface LogTable {
  readonly name: string;
  readonly columns: readonly LogColumn[];
  /** SQL. */
  readonly order: string;
  /**
   * The rows of an entry in the order of the columns, undefined for what is missing, with the entry's moment.
   *
   * Missing: undefined for a text that is no entry of this log. `number` counts the entries.
   */
  rowsOf(text: string, number: number): LogRows | undefined;
}

export interface LogRows {
  readonly atMs: number;
  readonly rows: readonly (readonly unknown[])[];
}

const text = (name: string): LogColumn => ({ name, kind: 'text' });
const double = (name: string): LogColumn => ({ name, kind: 'double' });
const integer = (name: string): LogColumn => ({ name, kind: 'integer' });
const moment = (name: string): LogColumn => ({ name, kind: 'moment' });
/** Entry, then product within it: what keeps rows of one entry side by side and in their order. */
const NUMBERS: readonly LogColumn[] = [
  { name: 'entry', kind: 'double', isInternal: true },
  { name: 'place', kind: 'integer', isInternal: true },
];

/** One row an event and product; an event without products has one. The columns of the plain layout come first. */
export const eventRows: LogTable = {
  name: 'log_events',
  columns: [
    ...NUMBERS,
    moment('timestamp'),
    ...['event', 'user_id', 'item_id', 'session_id'].map(text),
    ...['price', 'quantity', 'value'].map(double),
    integer('index'),
    ...['item_list_id', 'event_id', 'device'].map(text),
    double('discount'),
    text('coupon'),
    double('item_discount'),
    text('item_coupon'),
    moment('received_at'),
    ...['currency', 'transaction_id', 'search_term', 'attribution_token'].map(text),
  ],
  order: '"timestamp", entry, place',
  rowsOf(entryText, number) {
    const entry = parsed(entryText) as Partial<EventLogEntry> | undefined;
    if (entry === undefined || typeof entry.timestamp !== 'number' || typeof entry.event !== 'string') return undefined;
    const items = Array.isArray(entry.items) && entry.items.length > 0 ? entry.items : [undefined];
    const rows = items.map((item, place) => [
      ...[number, place, entry.timestamp, entry.event, entry.user_id, item?.item_id, entry.session_id],
      ...[item?.price, item?.quantity, entry.value, item?.index, entry.item_list_id, entry.event_id, entry.device],
      ...[entry.discount, entry.coupon, item?.discount, item?.coupon, entry.received_at],
      ...[entry.currency, entry.transaction_id, entry.search_term, entry.attribution_token],
    ]);
    return { atMs: entry.timestamp, rows };
  },
};

/** The part of a slate's entry that becomes columns; see server/pipeline/slate-entry.ts. */
interface SlateLogEntry {
  readonly recommendation_id: string;
  readonly at: number;
  readonly degraded: { readonly tier: string; readonly reasons: readonly string[] } | null;
  readonly request: Readonly<Record<string, unknown>> & { readonly item_ids?: readonly string[] };
  readonly items: readonly Readonly<Record<string, unknown>>[];
}

const SLATE_TEXTS = ['scene', 'user_id', 'session_id', 'not_personalized', 'model_version'];
const SLATE_VERSIONS = ['feature_schema_fingerprint', 'policy'];
const REQUEST_TEXTS = ['category', 'brand', 'device'];
const REQUEST_NUMBERS = ['min_price', 'max_price'];

/** One row a slate and product shown; an empty slate has one. Several values in a cell are joined by `|`. */
export const slateRows: LogTable = {
  name: 'log_slates',
  columns: [
    ...NUMBERS,
    text('recommendation_id'),
    moment('at'),
    ...[...SLATE_TEXTS, ...SLATE_VERSIONS].map(text),
    integer('candidate_count'),
    ...['degraded_tier', 'degraded_reasons'].map(text),
    integer('request_count'),
    text('request_item_ids'),
    ...REQUEST_TEXTS.map((name) => text(`request_${name}`)),
    ...REQUEST_NUMBERS.map((name) => double(`request_${name}`)),
    text('item_id'),
    integer('position'),
    double('score'),
    text('source'),
    double('propensity'),
  ],
  order: '"at", entry, place',
  rowsOf(entryText, number) {
    const entry = parsed(entryText) as (Partial<SlateLogEntry> & Readonly<Record<string, unknown>>) | undefined;
    if (entry === undefined || typeof entry.at !== 'number' || !Array.isArray(entry.items)) return undefined;
    const request: Partial<SlateLogEntry['request']> = entry.request ?? {};
    const items = entry.items.length > 0 ? entry.items : [undefined];
    const rows = items.map((item, place) => [
      ...[number, place, entry.recommendation_id, entry.at],
      ...[...SLATE_TEXTS, ...SLATE_VERSIONS].map((name) => entry[name]),
      ...[entry.candidate_count, entry.degraded?.tier, entry.degraded?.reasons.join('|')],
      ...[request.count, request.item_ids?.join('|')],
      ...[...REQUEST_TEXTS, ...REQUEST_NUMBERS].map((name) => request[name]),
      ...[item?.item_id, item?.position, item?.score, item?.source, item?.propensity],
    ]);
    return { atMs: entry.at, rows };
  },
};

/** Missing: undefined for a text that is no JSON object. */
function parsed(entryText: string): object | undefined {
  try {
    const value: unknown = JSON.parse(entryText);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
