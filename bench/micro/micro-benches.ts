import type { MicroBenchOptions } from './micro-bench-options.ts';

/** Micro benches by name; each prints what it found. A new one is a file `<name>.bench.ts` here and a line in this table. */
const MICRO_BENCHES = {
  'feature-rows': async (): Promise<void> => (await import('./feature-rows.bench.ts')).benchFeatureRows(),
  folded: async (): Promise<void> => (await import('./folded.bench.ts')).benchFolded(),
  hnsw: async (options: MicroBenchOptions): Promise<void> => (await import('./hnsw.bench.ts')).benchHnsw(options),
  ingest: async (): Promise<void> => (await import('./ingest.bench.ts')).benchIngest(),
  'profile-codec': async (): Promise<void> => (await import('./profile-codec.bench.ts')).benchProfileCodec(),
  'profile-updates': async (): Promise<void> => (await import('./profile-updates.bench.ts')).benchProfileUpdates(),
  stages: async (): Promise<void> => (await import('./stages.bench.ts')).benchStages(),
  'training-throughput': async (): Promise<void> =>
    (await import('./training-throughput.bench.ts')).benchTrainingThroughput(),
} as const;

export const MICRO_BENCH_NAMES = Object.keys(MICRO_BENCHES);

/** @param name one of {@link MICRO_BENCH_NAMES} */
export async function runMicroBench(name: string, options: MicroBenchOptions): Promise<void> {
  await MICRO_BENCHES[name as keyof typeof MICRO_BENCHES](options);
}
