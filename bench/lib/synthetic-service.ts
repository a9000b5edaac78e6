import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { schemaFingerprint } from '../../features/schema/parse-schema.ts';
import { openFeatureStore } from '../../features/store/open-feature-store.ts';
import { freePort } from '../../features/store/testing/redis-server.ts';
import { MANIFEST_FILE, type Manifest } from '../../models/bundle/manifest.ts';
import { openBundle } from '../../models/bundle/open-bundle.ts';
import { Generator } from '../load/generator.ts';
import type { TrafficSpec } from '../load/traffic.ts';
import { benchFolder, type StoreKind, startBenchStore } from './bench-store.ts';
import type { Cleanup } from './cleanup.ts';
import { Floor } from './floor.ts';
import { type BenchServer, startBenchServer } from './server-process.ts';
import { makeSyntheticBundle } from './synthetic-bundle.ts';
import { syntheticSchema } from './synthetic-schema.ts';
import { SyntheticShop } from './synthetic-shop.ts';

export interface SyntheticServiceOptions {
  readonly itemCount: number;
  /** Ranked for each request. */
  readonly candidateCount: number;
  readonly shopperCount: number;
  readonly slateSize: number;
  readonly embeddingDim: number;
  readonly seed: number;
  readonly store: StoreKind;
  /** 0: any free one. */
  readonly port: number;
  /** Where bundles are kept for the next time; undefined makes one for this time only. */
  readonly bundlesFolder: string | undefined;
  /** Section `budgets` of the server's configuration. @defaultValue its defaults */
  readonly budgets?: Readonly<Record<string, number>>;
  readonly onStep: (step: string) => void;
}

/** A synthetic shop being served, with what measures it. */
export interface SyntheticService {
  readonly server: BenchServer;
  readonly manifest: Manifest;
  readonly floor: Floor;
  readonly generator: Generator;
  readonly traffic: TrafficSpec;
}

/** Part of the name of kept bundles: raised when the same options would give another one. */
const SYNTHETIC_GENERATION = 1;
/** Shoppers whose calls the floor goes through. */
const FLOOR_SHOPPERS = 64;
const PAGE_ITEMS = 2_000;
const WARM_UP_LIMIT_MS = 60_000;
const WARM_UP_FLOOR_RUNS = 100;

/** Makes or reuses the bundle, fills a store, starts server and load generator, and opens the same bundle for the bare calls. */
export async function startSyntheticService(
  options: SyntheticServiceOptions,
  cleanup: Cleanup,
): Promise<SyntheticService> {
  const { candidateCount, shopperCount, slateSize, seed, onStep } = options;
  onStep(`starting the ${options.store} store`);
  const store = await startBenchStore(options.store, cleanup);
  const folder = await benchFolder(cleanup);
  const { bundleFolder, artifacts, modelVersion, shop } = await bundleOf(options, join(folder, 'artifacts'));
  onStep(`writing ${shopperCount} shoppers and ${options.itemCount} products to the store`);
  const filler = await openFeatureStore(store.options);
  try {
    await shop.fillStore(filler, shopperCount);
  } finally {
    await filler.close();
  }
  onStep('starting the server');
  const server = await startBenchServer(
    {
      folder,
      port: options.port === 0 ? await freePort() : options.port,
      config: {
        store: store.config,
        models: { artifacts, version: modelVersion },
        scenes: { home: homeScene(candidateCount, slateSize) },
        ...(options.budgets === undefined ? {} : { budgets: options.budgets }),
      },
    },
    cleanup,
  );
  const shoppers = Array.from({ length: shopperCount }, (_, shopper) => shopper);
  const traffic: TrafficSpec = {
    seed,
    userIds: shoppers.map((shopper) => shop.userId(shopper)),
    unknownRatio: 0,
    itemIds: shop.catalogue.itemIds.slice(0, PAGE_ITEMS),
    scenes: [{ name: 'home', hasItem: false }],
    eventsRatio: 0,
  };
  const floor = await Floor.open(
    {
      bundleFolder,
      store: store.options,
      shopperKeys: shoppers.slice(0, FLOOR_SHOPPERS).map((shopper) => shop.shopperKey(shopper)),
      candidateCount,
      slateSize,
    },
    cleanup,
  );
  const generator = await Generator.start(traffic, cleanup);
  const { manifest } = await openBundle(bundleFolder);
  return { server, manifest, floor, generator, traffic };
}

/** Lets compilers and caches of server, generator and this process settle. */
export async function warmUp({ server, generator, floor }: SyntheticService, requestCount: number): Promise<void> {
  await generator.closedLoop({
    host: server.host,
    port: server.port,
    connectionCount: 2,
    requestCount,
    maxDurationMs: WARM_UP_LIMIT_MS,
  });
  await floor.run(WARM_UP_FLOOR_RUNS);
  floor.forget();
}

/** Products near the shopper fill the scene; the most wanted ones make up for those a filter took. */
function homeScene(candidateCount: number, slateSize: number) {
  return {
    sources: [
      { kind: 'ann', quota: candidateCount },
      { kind: 'popular', quota: candidateCount },
    ],
    maxCandidates: candidateCount,
    slateSize,
    maxSlateSize: Math.max(slateSize, 20),
  };
}

async function bundleOf(options: SyntheticServiceOptions, ownArtifacts: string) {
  const { itemCount, seed, embeddingDim, bundlesFolder, onStep } = options;
  const shopOptions = { itemCount, seed };
  const shop = new SyntheticShop(shopOptions);
  const schema = schemaFingerprint(syntheticSchema(shop)).slice(0, 8);
  const modelVersion = `synthetic-${SYNTHETIC_GENERATION}-${itemCount}x${embeddingDim}-${seed}-${schema}`;
  const artifacts = bundlesFolder ?? ownArtifacts;
  const bundleFolder = join(artifacts, modelVersion);
  if (await exists(join(bundleFolder, MANIFEST_FILE))) {
    onStep(`reusing ${bundleFolder}`);
    return { bundleFolder, artifacts, modelVersion, shop };
  }
  onStep(`making a bundle of ${itemCount} products`);
  let saidRatio = 0;
  const onProgress = (doneRatio: number): void => {
    // A denser graph starts from nothing again.
    if (doneRatio < saidRatio) saidRatio = 0;
    if (doneRatio < saidRatio + 0.25) return;
    saidRatio = doneRatio;
    onStep(`  index ${Math.round(doneRatio * 100)} %`);
  };
  await makeSyntheticBundle({ ...shopOptions, artifactsFolder: artifacts, modelVersion, embeddingDim, onProgress });
  return { bundleFolder, artifacts, modelVersion, shop };
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
