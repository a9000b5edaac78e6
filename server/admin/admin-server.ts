import type { HttpHandler, HttpServer } from '../http/http-server.ts';
import { createNodeHttpServer } from '../http/node-http-server.ts';
import { RequestError } from '../http/problem.ts';
import { createRouter } from '../http/router.ts';
import { type Logger, logFailure } from '../observability/logger.ts';
import { makeModelRoutes } from '../routes/models.ts';
import { makeOpenApiRoute } from '../routes/openapi.ts';
import {
  makeLivezRoute,
  makeMetricsRoute,
  makeReadyzRoute,
  OPERATION_PATHS,
  type OperationsSource,
} from '../routes/operations.ts';
import type { ModelControl } from '../serving/model-control.ts';
import { programVersion } from '../version.ts';

export interface AdminServerParts {
  readonly control: ModelControl;
  readonly operations: OperationsSource;
  readonly logger: Logger;
}

/** Opening and checking a large bundle takes seconds, on every worker in turn. */
const REQUEST_TIMEOUT_MS = 600_000;
const MAX_BODY_BYTES = 1_024;
const MAX_IN_FLIGHT = 16;

/** The listener of those who run the server. `node:http` serves it: few requests, and no native code in a supervising process. */
export function createAdminServer({ control, operations, logger }: AdminServerParts): HttpServer {
  const routes = [
    ...makeModelRoutes(control),
    makeLivezRoute(),
    makeReadyzRoute(operations.readiness),
    makeMetricsRoute(operations.metrics),
  ];
  const router = createRouter([...routes, makeOpenApiRoute(routes, programVersion())]);
  return createNodeHttpServer({
    configSection: 'admin',
    handler: refusingWebPages(router.handler),
    maxBodyBytes: MAX_BODY_BYTES,
    requestTimeoutMs: REQUEST_TIMEOUT_MS,
    maxInFlight: MAX_IN_FLIGHT,
    alwaysAdmittedPaths: OPERATION_PATHS,
    onFailure: (error, { requestId, path }) => logFailure(logger, error, { requestId, route: router.routeOf(path) }),
  });
}

/**
 * A page in the browser of somebody on this machine can send requests to loopback addresses; browsers put `Origin` on everything that
 * could change something. Source: Fetch Standard, "Origin header".
 */
function refusingWebPages(handler: HttpHandler): HttpHandler {
  return (request) => {
    if (request.method === 'POST' && request.header('origin') !== undefined) {
      throw new RequestError(
        'REC_FORBIDDEN',
        'origin: given, expected none: web pages have no part in running the server',
      );
    }
    return handler(request);
  };
}
