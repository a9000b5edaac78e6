import { VitrineError } from '../../features/core/errors.ts';
import { DEFAULT_PROFILE_POLICY } from '../../features/profile/apply-event.ts';
import { EVENT_TYPE_INDEX } from '../../features/profile/event.ts';
import {
  type CategoricalField,
  type FeatureField,
  type FeatureSchema,
  type FeatureSchemaDeclaration,
  FIELD_GROUPS,
  type FieldDeclaration,
  isUsedByRanker,
  isUsedByTowers,
  serializeFeatureSchema,
} from '../../features/schema/feature-schema.ts';
import { parseFeatureSchema } from '../../features/schema/parse-schema.ts';
import { CROSS_SIGNALS, crossValueOf, ITEM_SIGNALS, QUERY_SIGNALS } from '../../features/schema/signals.ts';
import { quantileBoundaries } from '../../features/transform/bucketize.ts';
import type { Dataset } from '../datasets/dataset.ts';
import { ProfileReplay } from './profile-replay.ts';

/** What training data say of a declared field. */
interface FieldStatistics {
  readonly counts: Map<string, number>;
  readonly numbers: number[];
}

/** Moments at which shopper, context and cross values are sampled. */
const SAMPLE_COUNT = 20_000;
const DEFAULT_MAX_VOCABULARY = 100_000;

/**
 * Learns vocabularies and quantile boundaries from the training window alone, and drops fields that have no value there.
 *
 * An item's own id is in the vocabulary when the window has an event of it: products never seen share the unknown id, as they will when
 * served. Returns the schema and the names of dropped fields.
 */
export function fitSchema(
  declaration: FeatureSchemaDeclaration,
  dataset: Dataset,
  trainEnd: number,
): { schema: FeatureSchema; droppedFields: string[] } {
  const interestHalfLifeDays = declaration.interestHalfLifeDays ?? DEFAULT_PROFILE_POLICY.interestHalfLifeDays;
  const statistics = new Map(
    declaration.fields.map((field) => [field.name, { counts: new Map(), numbers: [] } as FieldStatistics]),
  );
  countItems(declaration, dataset, trainEnd, statistics);
  sampleQueries(declaration, dataset, { trainEnd, interestHalfLifeDays }, statistics);
  const fitted = new Map<string, FeatureField>();
  const droppedFields: string[] = [];
  const ownVocabularyFirst = [...declaration.fields].sort(
    (a, b) => Number('vocabularyOf' in a) - Number('vocabularyOf' in b),
  );
  for (const field of ownVocabularyFirst) {
    const fit = fitField(field, statistics.get(field.name)!, fitted, declaration);
    if (fit === undefined) droppedFields.push(field.name);
    else fitted.set(field.name, fit);
  }
  const fields = FIELD_GROUPS.flatMap((group) =>
    declaration.fields
      .filter((field) => field.group === group && fitted.has(field.name))
      .map((field) => fitted.get(field.name)!),
  );
  requireInputs(fields);
  const schema: FeatureSchema = { format: 'vitrine-feature-schema', formatVersion: 1, interestHalfLifeDays, fields };
  // Through the parser, so that what training uses is what a server will read.
  return { schema: parseFeatureSchema(serializeFeatureSchema(schema)), droppedFields };
}

/** Both towers and the ranker need something to read. */
function requireInputs(fields: readonly FeatureField[]): void {
  const refuse = (problem: string): never => {
    throw new VitrineError('REC_INVALID_SCHEMA', `${problem}; add one to the schema`);
  };
  for (const group of ['user', 'item'] as const) {
    const own = fields.filter((field) => field.group === group);
    if (own.length === 0) refuse(`no ${group} field has a value in the training data`);
    if (!own.some(isUsedByTowers)) refuse(`the towers read no ${group} field (usedBy)`);
  }
  if (!fields.some(isUsedByRanker)) refuse('the ranker reads no field (usedBy)');
}

/** Notes a value as what the field makes of it: a number of a bucketized field, text of the others. */
function record(
  field: FieldDeclaration,
  statistics: FieldStatistics,
  value: string | number | readonly string[] | undefined,
  weight: number,
): void {
  for (const one of typeof value === 'object' ? value : [value]) {
    if (one === undefined || one === '') continue;
    if (field.kind === 'bucketized') {
      const number = Number(one);
      if (Number.isFinite(number)) statistics.numbers.push(number);
    } else if (typeof one === 'string' || !Number.isNaN(one)) {
      const text = String(one);
      statistics.counts.set(text, (statistics.counts.get(text) ?? 0) + weight);
    }
  }
}

function countItems(
  declaration: FeatureSchemaDeclaration,
  dataset: Dataset,
  trainEnd: number,
  statistics: ReadonlyMap<string, FieldStatistics>,
): void {
  const { catalogue, events } = dataset;
  const eventCounts = new Float64Array(catalogue.size);
  for (let row = 0; row < trainEnd; row++) if (events.item[row]! >= 0) eventCounts[events.item[row]!]! += 1;
  for (const field of declaration.fields) {
    if (field.group !== 'item') continue;
    const read = ITEM_SIGNALS[field.signal]!.make(field.parameters ?? {});
    for (let item = 0; item < catalogue.size; item++) {
      if (eventCounts[item]! > 0) record(field, statistics.get(field.name)!, read(catalogue, item), eventCounts[item]!);
    }
  }
}

function sampleQueries(
  declaration: FeatureSchemaDeclaration,
  dataset: Dataset,
  window: { trainEnd: number; interestHalfLifeDays: number },
  statistics: ReadonlyMap<string, FieldStatistics>,
): void {
  const queryFields = declaration.fields
    .filter((field) => field.group === 'user' || field.group === 'context')
    .map((field) => ({ field, read: QUERY_SIGNALS[field.signal]!.make(field.parameters ?? {}) }));
  const crossFields = declaration.fields
    .filter((field) => field.group === 'cross')
    .map((field) => ({ field, read: CROSS_SIGNALS[field.signal]!.make(field.parameters ?? {}) }));
  const seenShoppers = new Set<number>();
  const stride = Math.max(1, Math.floor(window.trainEnd / SAMPLE_COUNT));
  let nextSample = 0;
  const replay = new ProfileReplay(dataset, { interestHalfLifeDays: window.interestHalfLifeDays });
  replay.playTo(window.trainEnd, (step) => {
    const isNew = !seenShoppers.has(step.shopper);
    if (isNew) seenShoppers.add(step.shopper);
    const isSampled = step.fromRow >= nextSample;
    if (isSampled) nextSample = step.fromRow + stride;
    for (const { field, read } of queryFields) {
      // Every shopper's own attributes count once; behaviour is sampled evenly over the window.
      const isOwn =
        field.signal === 'user_id' || field.signal === 'user_attribute' || field.signal === 'user_attribute_number';
      if (isOwn ? isNew : isSampled) record(field, statistics.get(field.name)!, read(step.profile, step.context), 1);
    }
    const item = dataset.events.item[step.fromRow]!;
    if (!isSampled || item < 0 || step.type === EVENT_TYPE_INDEX.view_item_list) return;
    for (const { field, read } of crossFields) {
      const values = read(step.profile, step.context, dataset.catalogue);
      record(field, statistics.get(field.name)!, crossValueOf(values, item, dataset.catalogue), 1);
    }
  });
}

function fitField(
  declaration: FieldDeclaration,
  statistics: FieldStatistics,
  fitted: ReadonlyMap<string, FeatureField>,
  all: FeatureSchemaDeclaration,
): FeatureField | undefined {
  const hasValue = statistics.counts.size > 0 || statistics.numbers.length > 0;
  if (!hasValue) return undefined;
  switch (declaration.kind) {
    case 'hashed':
      return declaration;
    case 'bucketized': {
      const { quantileCount, ...field } = declaration;
      const boundaries = field.boundaries ?? quantileBoundaries(statistics.numbers, quantileCount ?? 10);
      return { ...field, boundaries };
    }
    case 'categorical': {
      const { maxVocabulary, minCount, vocabularyOf, vocabulary, ...field } = declaration;
      if (vocabulary !== undefined) return { ...field, vocabulary };
      if (vocabularyOf === undefined) {
        return {
          ...field,
          vocabulary: mostFrequent(statistics.counts, maxVocabulary ?? DEFAULT_MAX_VOCABULARY, minCount ?? 1),
        };
      }
      const source = fitted.get(vocabularyOf);
      if (source === undefined && !all.fields.some((other) => other.name === vocabularyOf)) {
        throw new VitrineError(
          'REC_INVALID_SCHEMA',
          `field "${field.name}": vocabularyOf names no field "${vocabularyOf}"`,
        );
      }
      return source === undefined
        ? undefined
        : { ...field, vocabularyOf, vocabulary: (source as CategoricalField).vocabulary };
    }
  }
}

/** Most frequent first, equal counts by text, so that the same data give the same vocabulary. */
function mostFrequent(counts: ReadonlyMap<string, number>, maxCount: number, minCount: number): string[] {
  return [...counts.entries()]
    .filter(([, count]) => count >= minCount)
    .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    .slice(0, maxCount)
    .map(([value]) => value);
}
