import { type Static, Type } from 'typebox';
import { VitrineError } from '../../features/core/errors.ts';
import { isModelVersion } from '../../models/bundle/parse-manifest.ts';
import { previewOf } from '../config/schema-problems.ts';
import type { HttpReply } from '../http/http-server.ts';
import { jsonReply } from '../http/json-body.ts';
import { RequestError } from '../http/problem.ts';
import type { ModelControl, ServedVersions } from '../serving/model-control.ts';
import type { DocumentedRoute, OperationReply } from './documented-route.ts';

const VERSION = { serving: Type.String({ description: 'The version every answer comes from.' }) };
const PREVIOUS = Type.Union([Type.String(), Type.Null()], {
  description: 'The version a rollback leads to; null when there is none.',
});

/** Reply of the routes that change the model. */
const servedSchema = Type.Object({ ...VERSION, previous: PREVIOUS }, { additionalProperties: false });

/** Reply of `GET /v1/models`. */
const modelListSchema = Type.Object(
  {
    ...VERSION,
    previous: PREVIOUS,
    models: Type.Array(
      Type.Object(
        { model_version: Type.String(), state: Type.Enum(['serving', 'previous', 'available']) },
        { additionalProperties: false },
      ),
      { description: 'What the artifacts folder holds, oldest first; bundles are verified when they are activated.' },
    ),
  },
  { additionalProperties: false },
);

type ServedReply = Static<typeof servedSchema>;
type ModelList = Static<typeof modelListSchema>;

const SERVED: OperationReply = {
  description: 'The model that serves now, on every worker.',
  body: { name: 'ServedModel', schema: servedSchema },
  example: { serving: '20260201T000000Z', previous: '20260101T000000Z' } satisfies ServedReply,
};

/** The routes that list and change the serving model. For the admin listener only. */
export function makeModelRoutes(control: ModelControl): DocumentedRoute[] {
  return [listRoute(control), activateRoute(control), rollbackRoute(control)];
}

function listRoute(control: ModelControl): DocumentedRoute {
  return {
    method: 'GET',
    pattern: '/v1/models',
    operation: {
      operationId: 'listModels',
      summary: 'Model versions: which serves, which were before, which could',
      tag: 'models',
      replies: {
        200: {
          description: 'All versions.',
          body: { name: 'ModelList', schema: modelListSchema },
          example: {
            serving: '20260201T000000Z',
            previous: null,
            models: [
              { model_version: '20260101T000000Z', state: 'available' },
              { model_version: '20260201T000000Z', state: 'serving' },
            ],
          } satisfies ModelList,
        },
      },
      errors: [],
    },
    handle: async () => {
      const listed = await control.list();
      const { serving, previous } = control.versions;
      const stateOf = (version: string) =>
        version === serving ? 'serving' : version === previous ? 'previous' : 'available';
      const models = listed.map((version) => ({ model_version: version, state: stateOf(version) }) as const);
      return jsonReply({ serving, previous: previous ?? null, models } satisfies ModelList);
    },
  };
}

function activateRoute(control: ModelControl): DocumentedRoute {
  return {
    method: 'POST',
    pattern: '/v1/models/{version}:activate',
    operation: {
      operationId: 'activateModel',
      summary: 'Lets a version serve, without a failed request',
      description:
        'Answers when every worker serves it. The bundle is verified, warmed and checked and the live products are laid over it first; when that fails, what served before goes on serving and the detail says why.',
      tag: 'models',
      parameters: [{ name: 'version', in: 'path', schema: { type: 'string', minLength: 1, maxLength: 64 } }],
      replies: { 200: SERVED },
      errors: ['REC_UNKNOWN_MODEL', 'REC_MODEL_NOT_ACTIVATED', 'REC_FORBIDDEN'],
    },
    handle: async (_request, params) => {
      const version = params.version!;
      await requireListed(control, version);
      return servedReply(control.activate(version));
    },
  };
}

function rollbackRoute(control: ModelControl): DocumentedRoute {
  return {
    method: 'POST',
    pattern: '/v1/models:rollback',
    operation: {
      operationId: 'rollbackModel',
      summary: 'Lets the version before serve again',
      description: 'Called twice it leads back to where it began.',
      tag: 'models',
      replies: { 200: SERVED },
      errors: ['REC_MODEL_NOT_ACTIVATED', 'REC_FORBIDDEN'],
    },
    handle: () => servedReply(control.rollback()),
  };
}

async function requireListed(control: ModelControl, version: string): Promise<void> {
  const versions = await control.list();
  if (isModelVersion(version) && versions.includes(version)) return;
  const known = versions.slice(-5).reverse().join(', ') || 'none';
  const detail = `version: ${previewOf(version)} given, expected one of the artifacts folder; newest first: ${known}`;
  throw new VitrineError('REC_UNKNOWN_MODEL', detail);
}

/** Who runs the server may read why a bundle was refused; other replies keep such messages to the log. */
async function servedReply(change: Promise<ServedVersions>): Promise<HttpReply> {
  try {
    const { serving, previous } = await change;
    return jsonReply({ serving, previous: previous ?? null } satisfies ServedReply);
  } catch (error) {
    if (!(error instanceof VitrineError) || error.category === 'bug') throw error;
    throw new RequestError('REC_MODEL_NOT_ACTIVATED', `${error.code}: ${error.message}`, { cause: error });
  }
}
