import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import type { ItemRecord } from '../../../features/catalogue/catalogue.ts';
import { type FieldProblem, jsonSchemaOf, previewOf, problemsOf } from '../../config/schema-problems.ts';
import { type ItemPatch, type ItemPut, itemPatchSchema, itemPutSchema, operationSchemas } from './item-schema.ts';

/** What is decoded, or everything wrong with it. */
export type Decoded<Value> =
  | { readonly isValid: true; readonly value: Value }
  | { readonly isValid: false; readonly problems: readonly FieldProblem[] };

/** Makes a product out of what is known of it. */
export type ItemChanger = (current: ItemRecord) => ItemRecord;

/** One operation of a batch. */
export type ItemOperation =
  | { readonly op: 'put'; readonly itemId: string; readonly record: ItemRecord }
  | { readonly op: 'patch'; readonly itemId: string; readonly change: ItemChanger }
  | { readonly op: 'delete'; readonly itemId: string };

const MAX_PROBLEMS = 10;
const ISO_DATE = /^\d{4}-\d{2}-\d{2}$/;
const ISO_TIME = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?([Zz]|[+-]\d{2}:?\d{2})$/;
/** Numbers below it are seconds, sent where milliseconds are meant: as milliseconds they lie in early 1973. */
const LEAST_EPOCH_MS = 1e11;
const GREATEST_EPOCH_MS = Date.UTC(2200, 0, 1);

const putValidator = Compile(itemPutSchema);
const patchValidator = Compile(itemPatchSchema);
const operationValidators = {
  put: Compile(operationSchemas.put),
  patch: Compile(operationSchemas.patch),
  delete: Compile(operationSchemas.delete),
};

/** Decodes the body of a `PUT`. */
export function decodePut(itemId: string, body: unknown): Decoded<ItemRecord> {
  const problems = putValidator.Check(body) ? [] : fieldProblemsOf(itemPutSchema, body);
  if (problems.length > 0) return { isValid: false, problems };
  const item = body as ItemPut;
  return decided([...idProblems(itemId, item.item_id), ...timeProblems(item.created_at)], () => recordOf(itemId, item));
}

/** Decodes the body of a `PATCH`. */
export function decodePatch(itemId: string, body: unknown): Decoded<ItemChanger> {
  const problems = patchValidator.Check(body) ? [] : fieldProblemsOf(itemPatchSchema, body);
  if (problems.length > 0) return { isValid: false, problems };
  const patch = body as ItemPatch;
  return decided([...idProblems(itemId, patch.item_id), ...timeProblems(patch.created_at)], () => changerOf(patch));
}

/** Decodes one operation of a batch. Never throws, whatever the value. */
export function decodeOperation(raw: unknown): Decoded<ItemOperation> {
  const op =
    typeof raw === 'object' && raw !== null && Object.hasOwn(raw, 'op') ? (raw as { op: unknown }).op : undefined;
  if (op !== 'put' && op !== 'patch' && op !== 'delete') {
    const expected = '"put", "patch" or "delete", with the product under "item"';
    return { isValid: false, problems: [{ path: 'op', value: previewOf(op), expected }] };
  }
  if (!operationValidators[op].Check(raw)) {
    return { isValid: false, problems: fieldProblemsOf(operationSchemas[op], raw, 'item') };
  }
  const { item } = raw as { readonly item: ItemPut & ItemPatch & { readonly item_id: string } };
  const itemId = item.item_id;
  if (op === 'delete') return { isValid: true, value: { op, itemId } };
  return decided(timeProblems(item.created_at, 'item.created_at'), () =>
    op === 'put' ? { op, itemId, record: recordOf(itemId, item) } : { op, itemId, change: changerOf(item) },
  );
}

function decided<Value>(problems: readonly FieldProblem[], make: () => Value): Decoded<Value> {
  return problems.length > 0 ? { isValid: false, problems } : { isValid: true, value: make() };
}

/** @param within name of the object that holds the product's fields; '' when they are the body itself */
function fieldProblemsOf(schema: TSchema, body: unknown, within = ''): readonly FieldProblem[] {
  const plain = jsonSchemaOf(schema);
  const known = (within === '' ? plain : plain.properties?.[within])?.properties ?? {};
  const prefix = within === '' ? '' : `${within}.`;
  return problemsOf(schema, body, { maxProblems: MAX_PROBLEMS }).map((problem) => {
    const name = problem.path.startsWith(prefix) ? problem.path.slice(prefix.length) : '';
    const isUnknownField = /^[^.[]+$/.test(name) && !Object.hasOwn(known, name) && Object.hasOwn(known, 'attributes');
    return isUnknownField
      ? { ...problem, expected: `${problem.expected}; what else is known of a product goes under attributes` }
      : problem;
  });
}

function idProblems(itemId: string, given: string | undefined): FieldProblem[] {
  if (given === undefined || given === itemId) return [];
  return [{ path: 'item_id', value: previewOf(given), expected: `${previewOf(itemId)} as in the path, or left out` }];
}

function timeProblems(given: ItemPatch['created_at'], path = 'created_at'): FieldProblem[] {
  if (given === undefined || given === null) return [];
  const atMs = epochMsOf(given);
  if (atMs >= (typeof given === 'number' ? LEAST_EPOCH_MS : Date.UTC(1900, 0, 1)) && atMs <= GREATEST_EPOCH_MS)
    return [];
  const hint = typeof given === 'number' && given > 0 && given < LEAST_EPOCH_MS ? '; is it in seconds?' : '';
  const expected = `epoch milliseconds, or an ISO 8601 date or time with zone, as 2026-01-31T12:00:00Z, before 2200${hint}`;
  return [{ path, value: previewOf(given), expected }];
}

/** Missing: not-a-number when the text is no moment. */
function epochMsOf(given: number | string): number {
  if (typeof given === 'number') return Math.floor(given);
  if (ISO_DATE.test(given)) return Date.parse(given);
  return ISO_TIME.test(given) ? Date.parse(given.replace(' ', 'T').toUpperCase()) : Number.NaN;
}

function recordOf(itemId: string, item: ItemPut): ItemRecord {
  return changerOf(item)({ itemId, isAvailable: true });
}

function changerOf(patch: ItemPatch): ItemChanger {
  const { title, category, brand, price, currency, available, created_at: createdAt } = patch;
  return (current) => ({
    itemId: current.itemId,
    ...changed('title', title, current.title),
    ...changed('category', category, current.category),
    ...changed('brand', brand, current.brand),
    ...changed('price', price, current.price),
    ...changed('currency', currency, current.currency),
    isAvailable: available ?? current.isAvailable,
    ...changed(
      'createdAtMs',
      typeof createdAt === 'string' || typeof createdAt === 'number' ? epochMsOf(createdAt) : createdAt,
      current.createdAtMs,
    ),
    ...changed('attributes', attributesOf(patch.attributes, current.attributes), undefined),
  });
}

/** The field as it is now, as an object to spread: without it when it is not known. */
function changed<Name extends string, Value>(
  name: Name,
  given: Value | null | undefined,
  current: Value | undefined,
): { readonly [Key in Name]?: Value } {
  const value = given === undefined ? current : given;
  return value === undefined || value === null ? {} : ({ [name]: value } as { readonly [Key in Name]?: Value });
}

function attributesOf(
  given: ItemPatch['attributes'],
  current: ItemRecord['attributes'],
): ItemRecord['attributes'] | null {
  if (given === null) return null;
  const merged = new Map(Object.entries(current ?? {}));
  for (const [name, value] of Object.entries(given ?? {})) {
    if (value === null) merged.delete(name);
    else merged.set(name, Array.isArray(value) ? value.join('|') : String(value));
  }
  // Unlike an assignment, this keeps an attribute named `__proto__`.
  return merged.size === 0 ? null : Object.fromEntries(merged);
}
