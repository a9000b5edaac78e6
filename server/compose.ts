import { type Clock, systemClock } from '../features/core/clock.ts';
import { VitrineError } from '../features/core/errors.ts';
import type { FeatureStore } from '../features/store/feature-store.ts';
import { openFeatureStore } from '../features/store/open-feature-store.ts';
import { hnswLibrary } from '../models/retrieval/hnsw-library.ts';
import type { CompiledConfig } from './config/load-config.ts';
import type { HttpHandler, HttpServer, ListenAddress } from './http/http-server.ts';
import { openHttpServer } from './http/open-http-server.ts';
import { createRouter, type Router } from './http/router.ts';
import type { CatalogueState } from './observability/catalogue-metrics.ts';
import type { MetricSnapshot } from './observability/join-metrics.ts';
import { type Logger, logFailure } from './observability/logger.ts';
import { createMetrics, type Metrics } from './observability/metrics.ts';
import { observeStore } from './observability/observed-store.ts';
import { VisibleLagProbe } from './observability/visible-lag-probe.ts';
import { createRecommender } from './pipeline/recommend.ts';
import { makeServedRecorder } from './pipeline/record-served.ts';
import { SlateLog } from './pipeline/slate-log.ts';
import { makeRandomUuids } from './random-uuid.ts';
import type { DocumentedRoute } from './routes/documented-route.ts';
import { makeEventsRoute } from './routes/events.ts';
import { makeItemRoutes } from './routes/items/item-routes.ts';
import { makeOpenApiRoute } from './routes/openapi.ts';
import {
  makeLivezRoute,
  makeMetricsRoute,
  makeReadyzRoute,
  OPERATION_PATHS,
  type OperationsSource,
  type ReadinessCheck,
  runChecks,
} from './routes/operations.ts';
import { makeRecommendRoutes } from './routes/recommend.ts';
import { isTagName, makeShopperRoutes } from './routes/shoppers/shopper-routes.ts';
import { LiveModel, type ServedModel } from './serving/live-model.ts';
import { programVersion } from './version.ts';

/** A server that is put together and not listening yet. */
export interface ComposedServer {
  /** The model that serves, and its changes. */
  readonly live: LiveModel;
  /** Health and metrics of this process. */
  readonly operations: OperationsSource;
  metricsSnapshot(): Promise<MetricSnapshot>;
  /** Answers a request without a listener: what a request costs besides HTTP. */
  readonly handler: HttpHandler;
  /** Errors: REC_PORT_IN_USE, REC_INVALID_CONFIG. */
  listen(address: ListenAddress): Promise<{ readonly port: number }>;
  /** Lets requests in work finish, then closes store and model. Safe to call twice. */
  close(): Promise<void>;
}

/** Left of a request's time for saying that an erasure was not done in time. */
const ERASURE_MARGIN_MS = 100;

export interface ComposeOptions {
  readonly logger: Logger;
  /** @defaultValue systemClock */
  readonly clock?: Clock;
  /** Instead of the one the configuration names. */
  readonly modelVersion?: string;
  /** Health and metrics as the routes tell them, when this process is one of several. @defaultValue those of this process */
  readonly together?: OperationsSource;
}

/** What the routes are made from. */
interface Parts {
  readonly config: CompiledConfig;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly store: FeatureStore;
  /** Asked for each request: the model changes while the server runs. */
  readonly live: LiveModel;
  readonly slateLog: SlateLog;
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
  const metrics = createMetrics();
  const store = observeStore(
    await openFeatureStore(config.store, { onProfileWritten: (bytes) => metrics.observeProfileBytes(bytes) }),
    metrics,
  );
  const { artifactsPath, indexRebuildRatio: rebuildRatio, hnswBuild } = config.models;
  const { build, reason } = hnswLibrary(hnswBuild);
  logger.info('nearest-neighbour library', { build, reason });
  const catalogue = { pollMs: config.items.pollMs, rebuildRatio };
  const live = new LiveModel({ artifactsPath, store, logger, metrics, catalogue, hnswBuild });
  const slateLog = new SlateLog({
    store,
    metrics,
    logger,
    clock,
    sampleRatio: config.log.slates,
    fingerprintOf: (modelVersion) => {
      const { model } = live.current;
      return model.modelVersion === modelVersion ? model.manifest.featureSchemaFingerprint : undefined;
    },
  });
  const isShopPersonalized = config.privacy.personalization === 'on';
  const onLag = (seconds: number): void => metrics.observeVisibleLag(seconds);
  const lagProbe = isShopPersonalized ? new VisibleLagProbe({ store, clock, onLag }) : undefined;
  const closeParts = async (): Promise<void> => {
    lagProbe?.stop();
    await slateLog.close();
    await live.close();
    await store.close();
  };
  try {
    await live.activate(options.modelVersion ?? config.models.version);
    metrics.watchCatalogue(() => catalogueNumbers(live.current));
    const parts: Parts = { config, logger, clock, metrics, store, live, slateLog };
    const operations = operationsOf(parts);
    const router = createRouter(routesOf(parts, options.together ?? operations));
    return { ...serverOf(parts, operations, openServer(parts, router), closeParts), handler: router.handler };
  } catch (error) {
    await closeParts();
    throw error;
  }
}

function serverOf(
  { config, live, metrics }: Parts,
  operations: OperationsSource,
  server: HttpServer,
  closeParts: () => Promise<void>,
): Omit<ComposedServer, 'handler'> {
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await server.close(config.server.shutdownGraceMs);
    await closeParts();
  };
  return {
    live,
    operations,
    metricsSnapshot: () => metrics.snapshot(),
    listen: (address) => server.listen(address),
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

function routesOf(parts: Parts, operations: OperationsSource): DocumentedRoute[] {
  const routes = [
    ...recommendRoutes(parts),
    eventsRoute(parts),
    ...catalogueRoutes(parts),
    ...shopperRoutes(parts),
    makeLivezRoute(),
    makeReadyzRoute(operations.readiness),
    makeMetricsRoute(operations.metrics),
  ];
  return [...routes, makeOpenApiRoute(routes, programVersion())];
}

function recommendRoutes({ config, clock, store, live, metrics, logger, slateLog }: Parts): DocumentedRoute[] {
  const { budgets, scenes } = config;
  const record = makeServedRecorder({ metrics, logger, clock });
  const recommender = createRecommender({
    store,
    modelContext: () => live.current.context,
    budgets,
    tagSet: config.tags,
    onServed: (slate, query, facts) => {
      record(slate, query, facts);
      slateLog.onServed(slate, query, facts);
    },
    onServedFailure: (error) => logger.error('a served slate was not recorded', { error }),
  });
  const { requestMs: requestBudgetMs } = budgets;
  return makeRecommendRoutes({
    recommender,
    modelVersion: () => live.current.model.modelVersion,
    scenes,
    clock,
    randomId: makeRandomUuids(),
    isShopPersonalized: config.privacy.personalization === 'on',
    requestBudgetMs,
  });
}

function eventsRoute({ config, clock, store, live, metrics, logger }: Parts): DocumentedRoute {
  return makeEventsRoute({
    store,
    factsLookup: (itemId) => live.current.model.catalogue.facts(itemId),
    get policy() {
      return live.current.model.policy;
    },
    clock,
    isShopPersonalized: config.privacy.personalization === 'on',
    limits: config.events,
    onEvent: (type, result) => metrics.countEvent(type, result),
    onBatch: (eventCount) => metrics.observeEventBatch(eventCount),
    onFailure: (error) => logFailure(logger, error, { route: '/v1/events' }),
  });
}

function catalogueRoutes({ config, store, live, logger }: Parts): DocumentedRoute[] {
  return makeItemRoutes({
    store,
    catalogue: () => live.current.model.catalogue,
    catchUp: (deadline) => live.current.feed.catchUp(deadline),
    limits: config.items,
    onFailure: (error) => logFailure(logger, error, { route: '/v1/items/{id}' }),
  });
}

function shopperRoutes({ config, clock, store, live }: Parts): DocumentedRoute[] {
  const { tags: tagSet, privacy, events, server } = config;
  return makeShopperRoutes({
    store,
    tagSet,
    isTagName: (name) => isTagName(name, tagSet, live.current.model.schema),
    catalogue: () => live.current.model.catalogue,
    clock,
    isShopPersonalized: privacy.personalization === 'on',
    storeMs: events.storeMs,
    eraseMs: Math.max(events.storeMs, server.requestTimeoutMs - ERASURE_MARGIN_MS),
    profileTtlDays: config.store.profileTtlDays,
  });
}

function operationsOf({ metrics, store, live }: Parts): OperationsSource {
  const checks: readonly ReadinessCheck[] = [
    { name: 'model', isRequired: true, check: async () => live.versions.serving },
    {
      name: 'store',
      isRequired: false,
      check: async (deadline) => {
        await store.ping(deadline);
        return store.description;
      },
    },
    { name: 'catalogue', isRequired: false, check: async () => catalogueState(live.current) },
  ];
  return { readiness: () => runChecks(checks), metrics: () => metrics.render() };
}

function catalogueNumbers({ feed, model }: ServedModel): CatalogueState {
  const { size, availableCount, deletedCount } = model.catalogue;
  const { tombstoneRatio } = model.retriever;
  return { size, availableCount, deletedCount, tombstoneRatio, waitingToEmbedCount: feed.waitingToEmbedCount };
}

function catalogueState({ feed, model }: ServedModel): string {
  if (feed.isCurrent) return `${model.catalogue.size} items`;
  throw new VitrineError('REC_STORE_UNAVAILABLE', 'the products of the store could not be read yet');
}
