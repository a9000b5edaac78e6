import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { MS_PER_DAY } from '../../features/core/clock.ts';
import { messageOf, VitrineError } from '../../features/core/errors.ts';
import type { TagSet } from '../../features/profile/tags.ts';
import { type StoreOptions, storeOptionsOf } from '../../features/store/store-config.ts';
import { type ConfigKey, configKeysOf, defaultsOf, ENVIRONMENT_PREFIX, layOver } from './config-keys.ts';
import { type Config, configSchema, type ModelsConfig } from './config-schema.ts';
import { audienceProblemsOf, crossProblemsOf } from './cross-checks.ts';
import { describeJsonError } from './describe-json-error.ts';
import { didYouMean } from './did-you-mean.ts';
import { loadTags, readTagsFile } from './load-tags.ts';
import { redactConfig, redactValue } from './redact.ts';
import type { SceneConfig } from './scene-config.ts';
import { type FieldProblem, jsonSchemaOf, previewOf, problemsOf } from './schema-problems.ts';

/** Read from the working directory when VITRINE_CONFIG names no other. */
export const DEFAULT_CONFIG_FILE = 'vitrine.config.json';

/** Names that begin like configuration but are not: the file to read, and where tests find real data. */
const OTHER_NAMES: readonly string[] = ['VITRINE_CONFIG', 'VITRINE_TEST_DATA'];

type Environment = Readonly<Record<string, string | undefined>>;

/** Configuration as given: any subset of the keys. */
export type RawConfig = { readonly [Section in keyof Config]?: unknown };

/** Configuration as the program uses it: every key present, units in the names, paths absolute. Frozen. */
export interface CompiledConfig extends Omit<Config, 'server' | 'store' | 'models' | 'events' | 'features' | 'scenes'> {
  readonly server: Omit<Config['server'], 'workers'> & {
    /** At least 1. */
    readonly workers: number;
  };
  /** What `openFeatureStore` takes; a path in it is absolute. */
  readonly store: StoreOptions;
  readonly models: ModelsConfig & {
    /** Absolute. */
    readonly artifactsPath: string;
  };
  readonly events: Config['events'] & { readonly maxEventAgeMs: number };
  /** The tags shoppers can have, read from the file or the default ones. */
  readonly tags: TagSet;
  readonly scenes: ReadonlyMap<string, SceneConfig>;
}

/** All that was read, as plain values that can be sent to another process. */
export interface ConfigSource {
  readonly defaulted: Config;
  /** Paths of the configuration are relative to it. */
  readonly workingDirectory: string;
  /** Absolute; '' for the default tags. */
  readonly tagsPath: string;
  readonly tagsText: string;
}

export interface LoadedConfig {
  readonly compiled: CompiledConfig;
  /** What {@link compileConfig} makes the same of elsewhere. */
  readonly source: ConfigSource;
  /** The keys as documented, with every default filled in. */
  readonly defaulted: Config;
  /** The file read; undefined when there was none. */
  readonly file: string | undefined;
  /** Environment variables that set a key, sorted. */
  readonly environmentNames: readonly string[];
  /** `defaulted` without secrets: what is logged at start. */
  readonly redacted: unknown;
  /** 12 hexadecimal digits; equal for equal effective configurations. Secrets have no part in it. */
  readonly hash: string;
}

export interface LoadConfigOptions {
  /** @defaultValue process.env */
  readonly environment?: Environment;
  /** @defaultValue process.cwd() */
  readonly workingDirectory?: string;
}

/** What the program runs with when nothing is configured. */
export function defaultConfig(): Config {
  return defaultsOf(jsonSchemaOf(configSchema)) as Config;
}

/**
 * Reads the configuration: defaults, then the file, then `VITRINE_*` variables.
 *
 * Errors: REC_INVALID_CONFIG listing every problem found, each with path, value given and what is expected; those of the tags file
 * come once the rest is fine.
 */
export function loadConfig(options: LoadConfigOptions = {}): LoadedConfig {
  const environment = options.environment ?? process.env;
  const workingDirectory = options.workingDirectory ?? process.cwd();
  const problems: FieldProblem[] = [];
  const file = readConfigFile(environment, workingDirectory, problems);
  const variables = readVariables(environment, problems);
  const schema = jsonSchemaOf(configSchema);
  let merged = layOver(schema, defaultsOf(schema), file.content);
  for (const { key, value } of variables) merged = layOver(schema, merged, nest(key.segments, value));
  if (problems.length === 0) problems.push(...problemsOf(configSchema, merged), ...crossProblemsOf(merged as Config));
  if (problems.length > 0) throw configError(problems);
  const defaulted = deepFreeze(merged) as Config;
  const tagsPath = defaulted.features.tags === '' ? '' : resolve(workingDirectory, defaulted.features.tags);
  const source = { defaulted, workingDirectory, tagsPath, tagsText: readTagsFile(tagsPath) };
  const compiled = compileConfig(source);
  const audienceProblems = audienceProblemsOf(compiled.scenes, compiled.tags);
  if (audienceProblems.length > 0) throw configError(audienceProblems);
  const redacted = redactConfig(defaulted);
  return deepFreeze({
    compiled,
    source,
    defaulted,
    file: file.path,
    environmentNames: variables.map(({ key }) => key.environmentName).sort(),
    redacted,
    hash: createHash('sha256').update(canonicalJson(redacted)).digest('hex').slice(0, 12),
  });
}

/** The same configuration in another process, without reading anything again. */
export function compileConfig({ defaulted, workingDirectory, tagsPath, tagsText }: ConfigSource): CompiledConfig {
  const { features: _, ...config } = defaulted;
  const { workers } = config.server;
  return deepFreeze({
    ...config,
    server: { ...config.server, workers: workers === 'cores' ? availableParallelism() : workers },
    store: storeOptionsOf({ ...config.store, path: resolve(workingDirectory, config.store.path) }),
    models: { ...config.models, artifactsPath: resolve(workingDirectory, config.models.artifacts) },
    events: { ...config.events, maxEventAgeMs: config.events.maxEventAgeDays * MS_PER_DAY },
    tags: loadTags(tagsPath, tagsText),
    scenes: new Map(Object.entries(config.scenes)),
  });
}

interface ConfigFile {
  readonly path: string | undefined;
  readonly content: RawConfig | undefined;
}

function readConfigFile(environment: Environment, workingDirectory: string, problems: FieldProblem[]): ConfigFile {
  const named = environment.VITRINE_CONFIG;
  const isNamed = named !== undefined && named !== '';
  const path = resolve(workingDirectory, isNamed ? named : DEFAULT_CONFIG_FILE);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (!isNamed && (error as NodeJS.ErrnoException).code === 'ENOENT') return { path: undefined, content: undefined };
    const expected = isNamed ? 'a readable file, or VITRINE_CONFIG unset' : 'a readable file, or none';
    problems.push({
      path: isNamed ? 'VITRINE_CONFIG' : DEFAULT_CONFIG_FILE,
      value: previewOf(messageOf(error)),
      expected,
    });
    return { path, content: undefined };
  }
  const content = parseConfigFile(path, text.replace(/^\uFEFF/, ''), problems);
  return { path, content };
}

function parseConfigFile(path: string, text: string, problems: FieldProblem[]): RawConfig | undefined {
  const broken = describeJsonError(text);
  if (broken !== undefined) {
    const found = text[broken.offset] === undefined ? 'the end of the file' : previewOf(text[broken.offset]);
    const place = `line ${broken.line}, column ${broken.column}`;
    problems.push({ path, value: `invalid JSON at ${place}: ${found}`, expected: broken.expected });
    return undefined;
  }
  const content: unknown = JSON.parse(text);
  const found = problemsOf(configSchema, content, { isPartial: true });
  for (const problem of found) {
    problems.push({ ...problem, path: problem.path || path, value: redactValue(problem.path, problem.value) });
  }
  return found.length === 0 ? (content as RawConfig) : undefined;
}

interface Variable {
  readonly key: ConfigKey;
  readonly value: unknown;
}

function readVariables(environment: Environment, problems: FieldProblem[]): Variable[] {
  const keys = new Map(configKeysOf(configSchema).map((key) => [key.environmentName, key]));
  const variables: Variable[] = [];
  for (const name of Object.keys(environment).sort()) {
    const text = environment[name];
    if (text === undefined || !name.startsWith(ENVIRONMENT_PREFIX) || OTHER_NAMES.includes(name)) continue;
    const key = keys.get(name);
    if (key === undefined) {
      if (isServiceLink(name, text)) continue;
      const meant = didYouMean(name, [...keys.keys(), ...OTHER_NAMES]);
      const hint = meant === undefined ? 'the names are listed in docs/configuration.md' : `did you mean ${meant}?`;
      problems.push({ path: name, value: 'a value', expected: `no such variable; ${hint}` });
      continue;
    }
    const value = parseVariable(key, text);
    const found = problemsOf(key.schema, value, { isPartial: true });
    if (found.length === 0) variables.push({ key, value });
    else problems.push(...found.map((problem) => variableProblem(key, problem)));
  }
  return variables;
}

function variableProblem(key: ConfigKey, problem: FieldProblem): FieldProblem {
  const path = problem.path === '' ? key.environmentName : `${key.environmentName} ${problem.path}`;
  return { ...problem, value: redactValue(key.path, problem.value), path: `${path} (${key.path})` };
}

/** Text that is not a value of the key's kind is handed on as text, so that it is reported as given. */
function parseVariable(key: ConfigKey, text: string): unknown {
  const { type, anyOf = [] } = key.schema;
  if (type === 'integer' || type === 'number' || anyOf.some((option) => option.type === 'integer'))
    return /^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text) ? Number(text) : text;
  if (type === 'boolean') return text === 'true' ? true : text === 'false' ? false : text;
  if (type === 'array' || type === 'object') return describeJsonError(text) === undefined ? JSON.parse(text) : text;
  return text;
}

/**
 * Kubernetes puts `<SERVICE>_PORT=tcp://...` and the like into every container when a service is called vitrine.
 *
 * Source: Kubernetes documentation, "Discovering services", environment variables.
 */
function isServiceLink(name: string, text: string): boolean {
  if (/_SERVICE_(HOST|PORT(_[A-Z0-9_]+)?)$/.test(name)) return true;
  if (/_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$/.test(name)) return true;
  return name.endsWith('_PORT') && /^(tcp|udp|sctp):\/\//.test(text);
}

function nest(segments: readonly string[], value: unknown): unknown {
  return segments.reduceRight((inner, segment) => ({ [segment]: inner }), value);
}

function configError(problems: readonly FieldProblem[]): VitrineError {
  const lines = problems.map(({ path, value, expected }) => `  ${path}: ${value} given, expected ${expected}`);
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  return new VitrineError('REC_INVALID_CONFIG', `The configuration has ${count}:\n${lines.join('\n')}`, {
    details: { problemCount: problems.length },
  });
}

function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, entry: unknown) => {
    if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return entry;
    return Object.fromEntries(Object.entries(entry).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const entry of Object.values(value)) deepFreeze(entry);
  return Object.freeze(value);
}
