import type { TSchema } from 'typebox';
import { type JsonSchema, jsonSchemaOf } from './schema-problems.ts';

/** One key of the configuration that can be set by name. */
export interface ConfigKey {
  /** Dotted, as `server.port`. */
  readonly path: string;
  readonly segments: readonly string[];
  /** As `VITRINE_SERVER_PORT`. */
  readonly environmentName: string;
  readonly schema: JsonSchema;
}

export const ENVIRONMENT_PREFIX = 'VITRINE_';

/** Every key that holds a value, a list or a table of named entries, in schema order. */
export function configKeysOf(schema: TSchema): ConfigKey[] {
  const keys: ConfigKey[] = [];
  collect(jsonSchemaOf(schema), [], keys);
  return keys;
}

function collect(schema: JsonSchema, segments: readonly string[], keys: ConfigKey[]): void {
  if (schema.properties !== undefined && schema.patternProperties === undefined) {
    for (const [name, property] of Object.entries(schema.properties)) collect(property, [...segments, name], keys);
    return;
  }
  keys.push({ path: segments.join('.'), segments, environmentName: environmentNameOf(segments), schema });
}

/** `['server', 'requestTimeoutMs']` -> `VITRINE_SERVER_REQUEST_TIMEOUT_MS`. */
function environmentNameOf(segments: readonly string[]): string {
  const words = segments.map((segment) => segment.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase());
  return ENVIRONMENT_PREFIX + words.join('_');
}

/** The value a schema stands for when nothing is configured; objects are put together from their keys' defaults. */
export function defaultsOf(schema: JsonSchema): unknown {
  if (schema.default !== undefined) return structuredClone(schema.default);
  if (schema.properties === undefined) return undefined;
  const defaults: Record<string, unknown> = {};
  for (const [name, property] of Object.entries(schema.properties)) {
    const value = defaultsOf(property);
    if (value !== undefined) defaults[name] = value;
  }
  return defaults;
}

/**
 * Lays `given` over `base`, key by key where the schema has keys; lists and plain values replace.
 *
 * Entries of a table of named entries (scenes) are laid over the base entry of that name, or over the defaults of an entry.
 */
export function layOver(schema: JsonSchema, base: unknown, given: unknown): unknown {
  if (given === undefined) return base;
  if (!isPlainObject(given) || schema.type !== 'object') return given;
  const result: Record<string, unknown> = isPlainObject(base) ? { ...base } : {};
  const entrySchema = Object.values(schema.patternProperties ?? {})[0];
  for (const [name, value] of Object.entries(given)) {
    const keySchema = schema.properties?.[name] ?? entrySchema ?? {};
    const keyBase = Object.hasOwn(result, name) ? result[name] : defaultsOf(keySchema);
    result[name] = layOver(keySchema, keyBase, value);
  }
  return result;
}

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
