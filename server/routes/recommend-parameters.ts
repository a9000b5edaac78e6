import { type FieldProblem, type JsonSchema, jsonSchemaOf, previewOf } from '../config/schema-problems.ts';
import { invalidRequest } from '../http/problem.ts';
import { parseQuery } from '../http/query-string.ts';
import { recommendRequestSchema } from './recommend-schema.ts';

/** One parameter of `GET /v1/recommend/{scene}` and the field of the POST body it stands for. */
interface QueryParameter {
  readonly name: string;
  /** Path in the body, at most one level deep. */
  readonly field: readonly [string] | readonly [string, string];
}

const QUERY_PARAMETERS: readonly QueryParameter[] = [
  { name: 'user_id', field: ['user_id'] },
  { name: 'session_id', field: ['session_id'] },
  { name: 'item_id', field: ['item_ids'] },
  { name: 'count', field: ['count'] },
  { name: 'exclude', field: ['exclude'] },
  { name: 'category', field: ['filter', 'category'] },
  { name: 'brand', field: ['filter', 'brand'] },
  { name: 'min_price', field: ['filter', 'min_price'] },
  { name: 'max_price', field: ['filter', 'max_price'] },
  { name: 'device', field: ['context', 'device'] },
  { name: 'explain', field: ['explain'] },
  { name: 'personalization', field: ['personalization'] },
];

const parameterByName = new Map(QUERY_PARAMETERS.map((parameter) => [parameter.name, parameter]));
const listNames = new Set(QUERY_PARAMETERS.filter((p) => schemaOf(p).type === 'array').map((p) => p.name));

/** The schema of the body field a parameter stands for. */
function schemaOf({ field }: QueryParameter): JsonSchema {
  let schema = jsonSchemaOf(recommendRequestSchema);
  for (const name of field) schema = schema.properties![name]!;
  return schema;
}

/** Name and schema of every parameter, for OpenAPI. */
export function queryParameterSchemas(): { readonly name: string; readonly schema: JsonSchema }[] {
  return QUERY_PARAMETERS.map((parameter) => ({ name: parameter.name, schema: schemaOf(parameter) }));
}

/**
 * Gives a query string the shape of the POST body, so that one schema checks both. Values that do not read as their kind stay text and
 * are reported as given.
 *
 * Errors: REC_INVALID_REQUEST for unknown or repeated parameters and malformed escapes.
 */
export function bodyFromQuery(scene: string, rawQuery: string): unknown {
  const body: Record<string, unknown> = { scene };
  const problems: FieldProblem[] = [];
  for (const [name, values] of parseQuery(rawQuery, listNames)) {
    const parameter = parameterByName.get(name);
    if (parameter === undefined) {
      const expected = `no such parameter; known parameters: ${[...parameterByName.keys()].join(', ')}`;
      problems.push({ path: name.slice(0, 60), value: previewOf(values[0]), expected });
    } else if (!listNames.has(name) && values.length > 1) {
      problems.push({ path: name, value: `${values.length} values`, expected: 'one value' });
    } else if (values.length > 0) {
      put(body, parameter, listNames.has(name) ? values : readScalar(schemaOf(parameter), values[0]!));
    }
  }
  if (problems.length > 0) throw invalidRequest(problems);
  return body;
}

function put(body: Record<string, unknown>, { field }: QueryParameter, value: unknown): void {
  const [name, inner] = field;
  if (inner === undefined) body[name] = value;
  else body[name] = { ...(body[name] as Record<string, unknown> | undefined), [inner]: value };
}

function readScalar(schema: JsonSchema, text: string): unknown {
  const isNumber = schema.type === 'integer' || schema.type === 'number';
  if (isNumber && /^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  if (schema.type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}
