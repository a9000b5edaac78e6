import { VitrineError } from '../../features/core/errors.ts';
import type { DatasetMetadata } from '../datasets/dataset-metadata.ts';

/** All that a demo shop follows from: equal parameters give an equal shop. */
export interface DemoParameters {
  readonly seed: number;
  readonly shopperCount: number;
  readonly itemCount: number;
  readonly days: number;
  /** Epoch milliseconds of the end of the simulated time. */
  readonly endAtMs: number;
}

/** Fixed, not "now": the same shop, to the millisecond, on every day and machine. */
export const DEFAULT_DEMO_PARAMETERS: DemoParameters = {
  seed: 20_260_630,
  shopperCount: 5_000,
  itemCount: 3_000,
  days: 120,
  endAtMs: Date.UTC(2026, 5, 30),
};

/** Version of the rules of the simulation: an equal seed gives an equal shop only under an equal version. */
export const DEMO_GENERATOR_VERSION = 1;

/** Reads the parameters back from a dataset's `generator` entry. Errors: REC_INVALID_INPUT_DATA when it is not a demo shop's of this version. */
export function demoParametersOf(generator: DatasetMetadata['generator']): DemoParameters {
  if (generator?.kind !== 'demo-shop' || generator.version !== DEMO_GENERATOR_VERSION) {
    throw new VitrineError(
      'REC_INVALID_INPUT_DATA',
      `the dataset was not made by version ${DEMO_GENERATOR_VERSION} of the demo shop; generate it again`,
    );
  }
  const { seed, shopperCount, itemCount, days, endAtMs } = generator;
  return checkParameters({
    seed: Number(seed),
    shopperCount: Number(shopperCount),
    itemCount: Number(itemCount),
    days: Number(days),
    endAtMs: Number(endAtMs),
  });
}

const BOUNDS: Readonly<Record<keyof DemoParameters, readonly [number, number]>> = {
  seed: [-(2 ** 31), 2 ** 32 - 1],
  shopperCount: [1, 1_000_000],
  itemCount: [100, 100_000],
  days: [7, 730],
  endAtMs: [0, Number.MAX_SAFE_INTEGER],
};

/** Errors: REC_INVALID_INPUT_DATA naming the option that is out of range. */
export function checkParameters(parameters: DemoParameters): DemoParameters {
  for (const [name, [lowest, highest]] of Object.entries(BOUNDS)) {
    const value = parameters[name as keyof DemoParameters];
    if (Number.isInteger(value) && value >= lowest && value <= highest) continue;
    throw new VitrineError(
      'REC_INVALID_INPUT_DATA',
      `demo option ${name} is ${value}; give a whole number from ${lowest} to ${highest}`,
    );
  }
  return parameters;
}
