import type { TSchema } from 'typebox';
import { type ConfigKey, configKeysOf } from './config-keys.ts';
import { configSchema } from './config-schema.ts';
import { sceneConfigSchema } from './scene-config.ts';
import { expectationOf, type JsonSchema } from './schema-problems.ts';

type Documented = JsonSchema & { readonly symptom?: string };

const INTRODUCTION = `# Configuration

Order: defaults, then \`vitrine.config.json\` in the working directory (or the file named by \`VITRINE_CONFIG\`), then environment variables.
Unknown keys, unknown \`VITRINE_*\` variables, values that cannot be read and a named but missing file stop the server at start; all
problems are listed at once. Lists and tables in environment variables are JSON. Variables that Kubernetes sets for a service called
\`vitrine\` are ignored. \`config.example.json\` holds every default.

This page is generated from the schemas that validate.
`;

/** The page `docs/configuration.md`: every key with its variable, range, default, meaning and the symptom of a bad value. */
export function configurationMarkdown(): string {
  const sceneRows = tableOf(configKeysOf(sceneConfigSchema), false);
  return [
    INTRODUCTION,
    '## Keys',
    '',
    tableOf(configKeysOf(configSchema), true),
    '',
    '## Keys of a scene',
    '',
    'Each entry of `scenes`. The defaults are those of a scene that is not one of the default scenes.',
    '',
    sceneRows,
    '',
  ].join('\n');
}

function tableOf(keys: readonly ConfigKey[], hasVariables: boolean): string {
  const head = hasVariables
    ? ['key', 'environment variable', 'value', 'default', 'meaning', 'symptom of a bad value']
    : ['key', 'value', 'default', 'meaning', 'symptom of a bad value'];
  const rows = keys.map((key) => {
    const schema = key.schema as Documented;
    const cells = [
      `\`${key.path}\``,
      ...(hasVariables ? [`\`${key.environmentName}\``] : []),
      valueText(schema),
      defaultText(schema),
      schema.description ?? '',
      schema.symptom ?? '',
    ];
    return rowOf(cells);
  });
  return [rowOf(head), rowOf(head.map(() => '---')), ...rows].join('\n');
}

function valueText(schema: Documented): string {
  return schema.patternProperties === undefined ? expectationOf(schema) : 'table of named entries';
}

function defaultText(schema: Documented): string {
  if (schema.patternProperties !== undefined) {
    return Object.keys((schema.default ?? {}) as Record<string, unknown>)
      .map((name) => `\`${name}\``)
      .join(', ');
  }
  return `\`${JSON.stringify(schema.default)}\``;
}

function rowOf(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

/** Every key of a schema has the words the page needs; what is missing, by path. For tests. @internal */
export function undocumentedKeysOf(schema: TSchema): string[] {
  return configKeysOf(schema)
    .filter((key) => key.schema.description === undefined || key.schema.default === undefined)
    .map((key) => key.path);
}
