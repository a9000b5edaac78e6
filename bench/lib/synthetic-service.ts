import { access, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { schemaFingerprint } from '../../features/schema/parse-schema.ts';
import { openFeatureStore } from '../../features/store/open-feature-store.ts';
import { freePort } from '../../features/store/testing/redis-server.ts';
import { BUNDLE_FILES, MANIFEST_FILE, type Manifest } from '../../models/bundle/manifest.ts';
import { openBundle } from '../../models/bundle/open-bundle.ts';
import type { RawConfig } from '../../server/config/load-config.ts';
import type { Generator } from '../load/generator.ts';
import type { TrafficSpec } from '../load/traffic.ts';
import { type BenchStore, benchFolder, type StoreKind, startBenchStore } from './bench-store.ts';
import type { Cleanup } from './cleanup.ts';
import { Floor } from './floor.ts';
import { InProcessServer } from './in-process.ts';
import { startPlainService } from './plain-service.ts';
import { type BenchServer, type ServiceProcess, startBenchServer, type Target } from './server-process.ts';
import { makeSyntheticBundle } from './synthetic-bundle.ts';
import { syntheticSchema } from './synthetic-schema.ts';
import { SyntheticShop } from './synthetic-shop.ts';

/** How large a synthetic shop is and how much is asked of it. */
export interface SyntheticSizes {
  readonly itemCount: number;
  readonly fieldCount: number;
  /** Width of the ranker's field embeddings. */
  readonly rankerDim: number;
  /** Width of retrieval embeddings. */
  readonly embeddingDim: number;
  /** Ranked for each request. */
  readonly candidateCount: number;
  readonly shopperCount: number;
  readonly slateSize: number;
  readonly seed: number;
  readonly store: StoreKind;
}

export interface SyntheticServiceOptions extends SyntheticSizes {
  /** Where bundles are kept for the next time; undefined makes one for this time only. */
  readonly bundlesFolder: string | undefined;
  readonly onStep: (step: string) => void;
}

export interface VitrineOptions {
  /** 0: any free one. @defaultValue 0 */
  readonly port?: number;
  /** Processes that serve. @defaultValue 1 */
  readonly workerCount?: number;
  /** Section `budgets` of the configuration. @defaultValue the server's defaults */
  readonly budgets?: Readonly<Record<string, number>>;
  /** Folder of bundles other than the shop's own. */
  readonly artifacts?: string;
  /** See {@link startBenchServer}. */
  readonly preloads?: readonly URL[];
}

/**
 * Budgets that a full server's queue does not reach: every request goes the whole way and gets a full slate, so that capacity means full
 * slates and a slow request counts as slow instead of degraded. Latencies under the default budgets are measured apart.
 */
export const WIDE_BUDGETS = { requestMs: 2_000, storeMs: 600, retrievalMs: 600, rankMs: 600 } as const;

/** What asks for recommendations as shops do: several sources, every filter, a cap per category. */
export const FULL_SCENE = 'home';
/** Nearest neighbours, availability, ranking, nothing else: what the plain service does. */
export const BARE_SCENE = 'bare';

/** Part of the name of kept bundles: raised when the same options would give another one. */
const SYNTHETIC_GENERATION = 5;
/** Shoppers whose calls the floor goes through. */
const FLOOR_SHOPPERS = 64;
const PAGE_ITEMS = 2_000;
const WARM_UP_LIMIT_MS = 60_000;
const WARM_UP_CONNECTIONS = 2;
const WARM_UP_CONNECTIONS_PER_WORKER = 8;

interface OwnBundle {
  readonly folder: string;
  readonly artifacts: string;
  readonly modelVersion: string;
}

/** A synthetic shop with its store and bundle: servers over it can be started and ended one by one. */
export class SyntheticService {
  readonly options: SyntheticServiceOptions;
  readonly shop: SyntheticShop;
  readonly store: BenchStore;
  readonly bundle: OwnBundle;
  readonly manifest: Manifest;
  /** Gone after the bench. */
  readonly folder: string;
  private readonly cleanup: Cleanup;

  private constructor(
    parts: Pick<SyntheticService, 'options' | 'shop' | 'store' | 'bundle' | 'manifest' | 'folder'>,
    cleanup: Cleanup,
  ) {
    this.options = parts.options;
    this.shop = parts.shop;
    this.store = parts.store;
    this.bundle = parts.bundle;
    this.manifest = parts.manifest;
    this.folder = parts.folder;
    this.cleanup = cleanup;
  }

  /** Starts a store, makes or reuses the bundle, and fills the store. */
  static async open(options: SyntheticServiceOptions, cleanup: Cleanup): Promise<SyntheticService> {
    const { itemCount, shopperCount, seed, onStep } = options;
    onStep(`starting the ${options.store} store`);
    const store = await startBenchStore(options.store, cleanup);
    const folder = await benchFolder(cleanup);
    const shop = new SyntheticShop({ itemCount, seed });
    const bundle = await bundleOf(options, shop, join(folder, 'artifacts'));
    const { manifest } = await openBundle(bundle.folder);
    onStep(`writing ${shopperCount} shoppers and ${itemCount} products to the store`);
    const filler = await openFeatureStore(store.options);
    try {
      await shop.fillStore(filler, shopperCount);
    } finally {
      await filler.close();
    }
    return new SyntheticService({ options, shop, store, bundle, manifest, folder }, cleanup);
  }

  async startVitrine(options: VitrineOptions = {}): Promise<BenchServer> {
    const { port = 0, workerCount = 1, preloads = [] } = options;
    this.options.onStep(`starting the server${workerCount > 1 ? ` with ${workerCount} workers` : ''}`);
    return startBenchServer(
      {
        folder: this.folder,
        port: port === 0 ? await freePort() : port,
        config: this.configOf(options),
        preloads,
      },
      this.cleanup,
    );
  }

  /** The server's own code in this process, without a listener; to be opened before {@link openFloor}. */
  openInProcess(options: Pick<VitrineOptions, 'artifacts'> = {}): Promise<InProcessServer> {
    const config = this.configOf({ ...options, budgets: WIDE_BUDGETS });
    return InProcessServer.open({ folder: this.folder, config, traffic: this.traffic() }, this.cleanup);
  }

  private configOf({ workerCount = 1, budgets, artifacts }: VitrineOptions): RawConfig {
    const { candidateCount, slateSize } = this.options;
    return {
      server: { workers: workerCount },
      store: this.store.config,
      models: { artifacts: artifacts ?? this.bundle.artifacts, version: this.bundle.modelVersion },
      scenes: scenesOf(candidateCount, slateSize),
      ...(budgets === undefined ? {} : { budgets }),
    };
  }

  /** Needs Redis: the plain service knows no other store. */
  startPlainService(): Promise<ServiceProcess> {
    const { candidateCount, slateSize, onStep } = this.options;
    const { url, shop } = this.store.config;
    if (url === undefined || shop === undefined) throw new Error('the plain service was asked for beside no Redis');
    onStep('starting the plain service');
    return startPlainService(
      { bundleFolder: this.bundle.folder, redisUrl: url, shop, candidateCount, slateSize },
      this.cleanup,
    );
  }

  /** Opens the same bundle and store in this process, for the bare calls. */
  openFloor(): Promise<Floor> {
    const { candidateCount, slateSize, shopperCount } = this.options;
    const shopperKeys = Array.from({ length: Math.min(FLOOR_SHOPPERS, shopperCount) }, (_, shopper) =>
      this.shop.shopperKey(shopper),
    );
    return Floor.open(
      { bundleFolder: this.bundle.folder, store: this.store.options, shopperKeys, candidateCount, slateSize },
      this.cleanup,
    );
  }

  /** Requests of the shop's shoppers, evenly drawn. */
  traffic(options: { readonly scene?: string; readonly eventsRatio?: number } = {}): TrafficSpec {
    const { scene = FULL_SCENE, eventsRatio = 0 } = options;
    const { shop } = this;
    return {
      seed: this.options.seed,
      userIds: Array.from({ length: this.options.shopperCount }, (_, shopper) => shop.userId(shopper)),
      unknownRatio: 0,
      itemIds: shop.catalogue.itemIds.slice(0, PAGE_ITEMS),
      scenes: [{ name: scene, hasItem: false }],
      eventsRatio,
    };
  }
}

/**
 * Lets compilers and caches of a server and the generator settle.
 *
 * @param requestCount for each worker
 */
export async function warmUp(
  generator: Generator,
  { host, port }: Target,
  requestCount: number,
  workerCount = 1,
): Promise<void> {
  if (requestCount === 0) return;
  await generator.closedLoop({
    host,
    port,
    // The kernel spreads connections over workers by chance: of many, each gets some.
    connectionCount: workerCount === 1 ? WARM_UP_CONNECTIONS : WARM_UP_CONNECTIONS_PER_WORKER * workerCount,
    requestCount: requestCount * workerCount,
    maxDurationMs: WARM_UP_LIMIT_MS,
  });
}

function scenesOf(candidateCount: number, slateSize: number) {
  const common = { maxCandidates: candidateCount, slateSize, maxSlateSize: Math.max(slateSize, 20) };
  return {
    // Products near the shopper fill the scene; the most wanted ones make up for those a filter took.
    [FULL_SCENE]: {
      ...common,
      sources: [
        { kind: 'ann', quota: candidateCount },
        { kind: 'popular', quota: candidateCount },
      ],
    },
    [BARE_SCENE]: {
      ...common,
      sources: [{ kind: 'ann', quota: candidateCount }],
      filters: ['availability'],
      maxPerCategory: 0,
    },
  };
}

/** Makes the bundle of a shop unless it is kept from before, so that {@link SyntheticService.open} finds it. */
export async function prepareBundle(
  options: SyntheticServiceOptions & { readonly bundlesFolder: string },
): Promise<void> {
  const { itemCount, seed, bundlesFolder } = options;
  await bundleOf(options, new SyntheticShop({ itemCount, seed }), bundlesFolder);
}

async function bundleOf(options: SyntheticServiceOptions, shop: SyntheticShop, ownArtifacts: string) {
  const { itemCount, fieldCount, rankerDim, embeddingDim, seed, bundlesFolder, onStep } = options;
  const schema = schemaFingerprint(syntheticSchema(shop, fieldCount)).slice(0, 8);
  const size = `${itemCount}x${embeddingDim}-${fieldCount}x${rankerDim}`;
  const modelVersion = `synthetic-${SYNTHETIC_GENERATION}-${size}-${seed}-${schema}`;
  const artifacts = bundlesFolder ?? ownArtifacts;
  const bundle = { folder: join(artifacts, modelVersion), artifacts, modelVersion };
  if (await isWhole(bundle.folder)) {
    onStep(`reusing ${bundle.folder}`);
    return bundle;
  }
  await rm(bundle.folder, { recursive: true, force: true });
  onStep(`making a bundle of ${itemCount} products and ${fieldCount} fields`);
  let saidRatio = 0;
  const onProgress = (doneRatio: number): void => {
    // A denser graph starts from nothing again.
    if (doneRatio < saidRatio) saidRatio = 0;
    if (doneRatio < saidRatio + 0.25) return;
    saidRatio = doneRatio;
    onStep(`  index ${Math.round(doneRatio * 100)} %`);
  };
  await makeSyntheticBundle({
    itemCount,
    seed,
    artifactsFolder: artifacts,
    modelVersion,
    fieldCount,
    rankerDim,
    embeddingDim,
    onProgress,
  });
  return bundle;
}

/** Whether a kept bundle has every file this version of the project writes. */
async function isWhole(folder: string): Promise<boolean> {
  const files = [MANIFEST_FILE, ...Object.values(BUNDLE_FILES)];
  const found = await Promise.allSettled(files.map((file) => access(join(folder, file))));
  return found.every(({ status }) => status === 'fulfilled');
}
