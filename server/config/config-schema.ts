import { type Static, Type } from 'typebox';
import { featuresConfigSchema } from '../../features/profile/tags-config.ts';
import { storeConfigSchema } from '../../features/store/store-config.ts';
import { adminConfigSchema } from '../admin/admin-config.ts';
import { serverConfigSchema } from '../http/http-config.ts';
import { logConfigSchema } from '../observability/log-config.ts';
import { privacyConfigSchema } from '../pipeline/privacy-config.ts';
import { eventsConfigSchema } from '../routes/events-config.ts';
import { itemsConfigSchema } from '../routes/items/items-config.ts';
import { DEFAULT_SCENES, SCENE_NAME_PATTERN, sceneConfigSchema } from './scene-config.ts';

/** Section `models`: which bundle is served. */
const modelsConfigSchema = Type.Object(
  {
    artifacts: Type.String({
      minLength: 1,
      maxLength: 4_096,
      default: '.vitrine/artifacts',
      description: 'Folder of bundles, one sub-folder per version; relative to the working directory.',
      symptom: 'Wrong folder: the server does not start and says which folder is empty.',
    }),
    version: Type.String({
      maxLength: 64,
      pattern: '^[A-Za-z0-9._-]*$',
      default: '',
      expected: 'name of a bundle ([A-Za-z0-9._-], at most 64 characters), or empty for the newest',
      description: 'Bundle to serve; empty takes the newest.',
      symptom: 'Set and forgotten: newly trained bundles are not served.',
    }),
    indexRebuildRatio: Type.Number({
      minimum: 0.01,
      maximum: 1,
      default: 0.2,
      description:
        'Share of the index left behind by deleted and changed products past which it is rebuilt, in another process; 1 never rebuilds.',
      symptom: 'Too small: a core is often busy with rebuilding. Too large: searches take longer and find less.',
    }),
    hnswBuild: Type.Union([Type.Literal('auto'), Type.Literal('default')], {
      default: 'auto',
      description:
        'Build of the index library: `auto` takes the AVX2 build where the CPU has AVX2 and `npm run build:native` made one, `default` always the installed one. The AVX2 build also ranks and computes the user tower, which the ONNX runtime does on `default`.',
      symptom:
        'On `default`: searches take up to twice as long, ranking more than twice. The log says at the start which build is used and why, and with each model what computes.',
    }),
  },
  { additionalProperties: false },
);

const budget = (defaultMs: number, description: string, symptom: string) =>
  Type.Integer({ minimum: 1, maximum: 60_000, default: defaultMs, description, symptom });

/** Section `budgets`: how long the steps of one recommendation may take. */
const budgetsConfigSchema = Type.Object(
  {
    requestMs: budget(
      100,
      'Milliseconds for a whole recommendation; what is not ready by then is left out and named in `degraded`.',
      'Too small: degraded slates. Too large: the shop page waits.',
    ),
    storeMs: budget(
      20,
      'Milliseconds to read the profile; then the slate is built without it.',
      'Too small: slates lose personalisation while the store is merely busy.',
    ),
    retrievalMs: budget(
      30,
      'Milliseconds for all sources together; late ones are left out.',
      'Too small: slates from fewer candidates.',
    ),
    rankMs: budget(
      50,
      'Milliseconds for ranking; then the slate keeps retrieval order.',
      'Too small: slates in retrieval order.',
    ),
  },
  { additionalProperties: false },
);

/** The whole configuration. Sections are owned by the folders that read them; here they are only put together. */
export const configSchema = Type.Object(
  {
    server: serverConfigSchema,
    admin: adminConfigSchema,
    store: storeConfigSchema,
    models: modelsConfigSchema,
    budgets: budgetsConfigSchema,
    events: eventsConfigSchema,
    items: itemsConfigSchema,
    privacy: privacyConfigSchema,
    features: featuresConfigSchema,
    scenes: Type.Record(Type.String({ pattern: SCENE_NAME_PATTERN }), sceneConfigSchema, {
      default: DEFAULT_SCENES,
      additionalProperties: false,
      description:
        'Scenes by name. A scene named here is laid over the default scene of that name, or over the scene defaults.',
      symptom: 'Unknown scene in a request: REC_UNKNOWN_SCENE with the names that exist.',
    }),
    log: logConfigSchema,
  },
  { additionalProperties: false },
);

export type ModelsConfig = Readonly<Static<typeof modelsConfigSchema>>;
export type BudgetsConfig = Readonly<Static<typeof budgetsConfigSchema>>;

/** Configuration with every key present: defaults, then file, then environment. */
export type Config = Static<typeof configSchema>;
