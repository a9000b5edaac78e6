import { freemem } from 'node:os';
import { Command, InvalidArgumentError, Option } from 'commander';
import { VitrineError } from '../../features/core/errors.ts';
import { MICRO_BENCH_NAMES } from '../micro/micro-benches.ts';
import { STORE_KINDS, type StoreKind } from './bench-store.ts';

/** What `npm run bench` is asked to do. */
export interface BenchFlags {
  readonly items: number;
  readonly candidates: number;
  readonly shoppers: number;
  readonly count: number;
  readonly embeddingDim: number;
  readonly store: StoreKind;
  readonly warmUp: number;
  readonly seconds: number;
  readonly rounds: number;
  readonly connections: number;
  readonly bundles: string;
  readonly demo?: true;
  readonly folder: string;
  readonly shop: string;
  readonly requests: number;
  readonly micro?: string;
  readonly seed: number;
  readonly port: number;
  readonly out: string;
}

/** Reads a whole number for a flag. */
export function integer(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isInteger(value) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`expected an integer from ${min} to ${max}.`);
  };
}

/**
 * Reads the command line; prints help or what is wrong with it and ends the process, as commander does.
 *
 * @param args without program and script
 */
export function parseBenchFlags(args: readonly string[]): BenchFlags {
  const program = new Command('npm run bench --')
    .description(
      'Measures the server. By default on a synthetic shop: alone beside the bare calls, saturated, and at fixed rates. See bench/README.md.',
    )
    .allowExcessArguments(false)
    .optionsGroup('Synthetic shop:')
    .option('--items <n>', 'products; 100000 is the reference size', integer(10, 2_000_000), 10_000)
    .option('--candidates <n>', 'products ranked for each request', integer(1, 5_000), 200)
    .option('--shoppers <n>', 'shoppers in the store', integer(64, 1_000_000), 5_000)
    .option('--count <n>', 'products in a reply', integer(1, 100), 20)
    .option('--embedding-dim <n>', 'width of retrieval embeddings', integer(2, 4_096), 64)
    .addOption(new Option('--store <kind>', 'where profiles are').choices(STORE_KINDS).default('redis'))
    .option('--warm-up <n>', 'requests before anything is measured', integer(0, 1_000_000), 2_000)
    .option('--seconds <n>', 'length of the saturation run and of each open-loop run', integer(1, 600), 10)
    .option('--rounds <n>', 'rounds of 100 requests and 100 runs of the bare calls', integer(1, 10_000), 20)
    .option('--bundles <folder>', 'keeps the bundles made, for the next time', '.vitrine/bench')
    .optionsGroup('Demo shop:')
    .option('--demo', 'sends mixed requests to the demo shop made by `npm start` instead')
    .option('--folder <folder>', 'where the demo shop is', '.vitrine')
    .option('--shop <name>', 'name under which it is in its store', 'demo')
    .option('--requests <n>', 'requests in all', integer(100, 100_000_000), 100_000)
    .optionsGroup('Micro benches:')
    .addOption(new Option('--micro <name>', 'runs one micro bench instead').choices(MICRO_BENCH_NAMES))
    .optionsGroup('All:')
    .option('--connections <n>', 'connections of closed loops with more than one', integer(2, 1_000), 4)
    .option('--seed <n>', 'repeats the shop and the requests', integer(0, 2 ** 31 - 1), 1)
    .option('--port <n>', 'port of the server; any free one by default', integer(0, 65_535), 0)
    .option('--out <folder>', 'where results and plots go', 'bench/results');
  return program.parse(args, { from: 'user' }).opts<BenchFlags>();
}

/** What the machine must hold while the index is built and served: embeddings several times over, tables, records. */
const EMBEDDING_COPIES = 10;
const FURTHER_BYTES_PER_ITEM = 3_000;

/** Errors: REC_INVALID_CONFIG for sizes that do not go together or do not fit the machine. */
export function checkSizes({ items, candidates, count, embeddingDim }: BenchFlags): void {
  const refuse = (message: string): never => {
    throw new VitrineError('REC_INVALID_CONFIG', message);
  };
  if (candidates > items) refuse(`--candidates ${candidates} is more than --items ${items}; expected at most as many`);
  if (count > candidates) refuse(`--count ${count} is more than --candidates ${candidates}; expected at most as many`);
  const neededBytes = items * (embeddingDim * 4 * EMBEDDING_COPIES + FURTHER_BYTES_PER_ITEM);
  if (neededBytes < freemem()) return;
  const gigabytes = (bytes: number): string => (bytes / 2 ** 30).toFixed(1);
  refuse(
    `--items ${items} with --embedding-dim ${embeddingDim} needs about ${gigabytes(neededBytes)} GiB, ${gigabytes(freemem())} GiB are free; choose fewer`,
  );
}
