/** Micro benches by name; each prints what it found. A new one is a file `<name>.bench.ts` here and a line in this table. */
const MICRO_BENCHES = {
  'feature-rows': async (): Promise<void> => (await import('./feature-rows.bench.ts')).benchFeatureRows(),
  'training-throughput': async (): Promise<void> =>
    (await import('./training-throughput.bench.ts')).benchTrainingThroughput(),
} as const;

export const MICRO_BENCH_NAMES = Object.keys(MICRO_BENCHES);

/** @param name one of {@link MICRO_BENCH_NAMES} */
export async function runMicroBench(name: string): Promise<void> {
  await MICRO_BENCHES[name as keyof typeof MICRO_BENCHES]();
}
