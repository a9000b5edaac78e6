import { randomUUID } from 'node:crypto';
import { type Clock, systemClock } from '../features/core/clock.ts';
import { VitrineError } from '../features/core/errors.ts';
import type { FeatureStore } from '../features/store/feature-store.ts';
import { openFeatureStore } from '../features/store/open-feature-store.ts';
import { ModelRegistry } from '../models/bundle/model-registry.ts';
import type { ServingModel } from '../models/bundle/serving-model.ts';
import type { CompiledConfig } from './config/load-config.ts';
import type { HttpServer, ListenAddress } from './http/http-server.ts';
import { openHttpServer } from './http/open-http-server.ts';
import { createRouter, type Router } from './http/router.ts';
import { type Logger, logFailure } from './observability/logger.ts';
import { createMetrics, type Metrics } from './observability/metrics.ts';
import { CatalogueFeed } from './pipeline/catalogue-feed.ts';
import { ModelContext } from './pipeline/model-context.ts';
import { createRecommender } from './pipeline/recommend.ts';
import { makeServedRecorder } from './pipeline/record-served.ts';
import type { DocumentedRoute } from './routes/documented-route.ts';
import { makeEventsRoute } from './routes/events.ts';
import { makeItemRoute } from './routes/items.ts';
import { makeOpenApiRoute } from './routes/openapi.ts';
import {
  makeLivezRoute,
  makeMetricsRoute,
  makeReadyzRoute,
  OPERATION_PATHS,
  type ReadinessCheck,
} from './routes/operations.ts';
import { makeRecommendRoutes } from './routes/recommend.ts';
import { programVersion } from './version.ts';

/** A server that is put together and not listening yet. */
export interface ComposedServer {
  readonly modelVersion: string;
  /** Errors: REC_PORT_IN_USE, REC_INVALID_CONFIG. */
  listen(): Promise<ListenAddress>;
  /** Lets requests in work finish, then closes store and model. Safe to call twice. */
  close(): Promise<void>;
}

export interface ComposeOptions {
  readonly logger: Logger;
  /** @defaultValue systemClock */
  readonly clock?: Clock;
}

/** What the routes are made from. */
interface Parts {
  readonly config: CompiledConfig;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly store: FeatureStore;
  readonly model: ServingModel;
  readonly context: ModelContext;
  readonly feed: CatalogueFeed;
}

/**
 * Puts the server together from its configuration: opens store and model, lays the store's products over the model's catalogue, and
 * makes the routes.
 *
 * A Redis that is down is no reason not to start: slates are degraded until it is back, and /readyz says so.
 * Errors: REC_INVALID_CONFIG, REC_BUNDLE_INVALID, REC_BUNDLE_INCOMPATIBLE, REC_INVALID_SCHEMA, REC_RECORD_INVALID; what was opened is
 * closed again.
 */
export async function composeServer(config: CompiledConfig, options: ComposeOptions): Promise<ComposedServer> {
  const { logger, clock = systemClock } = options;
  const registry = new ModelRegistry(config.models.artifactsPath);
  const [activation, opening] = await Promise.allSettled([
    registry.activate(config.models.version),
    openFeatureStore(config.store),
  ]);
  const closeParts = async (): Promise<void> => {
    if (opening.status === 'fulfilled') await opening.value.close();
    await registry.close();
  };
  try {
    if (activation.status === 'rejected') throw activation.reason;
    if (opening.status === 'rejected') throw opening.reason;
    const [model, store] = [activation.value, opening.value];
    const context = new ModelContext(model);
    const feed = new CatalogueFeed({ context, index: model.retriever, store, logger });
    await feed.start();
    const parts = { config, logger, clock, metrics: createMetrics(), store, model, context, feed };
    const router = createRouter(routesOf(parts));
    return serverOf(parts, openServer(parts, router), closeParts);
  } catch (error) {
    await closeParts();
    throw error;
  }
}

function serverOf({ config, model, feed }: Parts, server: HttpServer, closeParts: () => Promise<void>): ComposedServer {
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    feed.stop();
    await server.close(config.server.shutdownGraceMs);
    await closeParts();
  };
  return {
    modelVersion: model.modelVersion,
    listen: async () => {
      const { host } = config.server;
      const { port } = await server.listen({ host, port: config.server.port });
      return { host, port };
    },
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

function openServer({ config, logger, metrics }: Parts, router: Router): HttpServer {
  const { maxBodyBytes, requestTimeoutMs, maxInFlight } = config.server;
  return openHttpServer(
    {
      handler: router.handler,
      maxBodyBytes,
      requestTimeoutMs,
      maxInFlight,
      alwaysAdmittedPaths: OPERATION_PATHS,
      onOutcome: (outcome) => metrics.observeRequest(router.routeOf(outcome.path), outcome),
      onFailure: (error, { requestId, path }) => logFailure(logger, error, { requestId, route: router.routeOf(path) }),
    },
    (message) => logger.warn(message),
  );
}

function routesOf(parts: Parts): DocumentedRoute[] {
  const routes = [...recommendRoutes(parts), eventsRoute(parts), ...catalogueRoutes(parts), ...operationRoutes(parts)];
  return [...routes, makeOpenApiRoute(routes, programVersion())];
}

function recommendRoutes({ config, clock, store, context, metrics, logger }: Parts): DocumentedRoute[] {
  const { budgets, scenes } = config;
  const recommender = createRecommender({
    store,
    modelContext: () => context,
    budgets,
    onServed: makeServedRecorder({ metrics, logger, clock }),
    onServedFailure: (error) => logger.error('a served slate was not recorded', { error }),
  });
  const { requestMs: requestBudgetMs } = budgets;
  return makeRecommendRoutes({ recommender, scenes, clock, randomId: randomUUID, requestBudgetMs });
}

function eventsRoute({ config, clock, store, model, metrics, logger }: Parts): DocumentedRoute {
  return makeEventsRoute({
    store,
    factsLookup: model.catalogue.facts,
    policy: model.policy,
    clock,
    limits: config.events,
    onEvent: (type, result) => metrics.countEvent(type, result),
    onFailure: (error) => logFailure(logger, error, { route: '/v1/events' }),
  });
}

function catalogueRoutes({ model }: Parts): DocumentedRoute[] {
  return [makeItemRoute({ catalogue: () => model.catalogue })];
}

function operationRoutes({ metrics, model, store, feed }: Parts): DocumentedRoute[] {
  const { modelVersion, manifest, catalogue } = model;
  metrics.setModel({
    modelVersion,
    featureSchemaFingerprint: manifest.featureSchemaFingerprint,
    itemCount: catalogue.size,
  });
  const checks: readonly ReadinessCheck[] = [
    { name: 'model', isRequired: true, check: async () => modelVersion },
    {
      name: 'store',
      isRequired: false,
      check: async (deadline) => {
        await store.ping(deadline);
        return store.description;
      },
    },
    { name: 'catalogue', isRequired: false, check: async () => catalogueState(feed, catalogue.size) },
  ];
  return [makeLivezRoute(), makeReadyzRoute(checks), makeMetricsRoute(() => metrics.render())];
}

function catalogueState(feed: CatalogueFeed, itemCount: number): string {
  if (feed.isCurrent) return `${itemCount} items`;
  throw new VitrineError('REC_STORE_UNAVAILABLE', 'the products of the store could not be read yet');
}
