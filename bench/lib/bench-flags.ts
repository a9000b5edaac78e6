import { freemem } from 'node:os';
import { Command, InvalidArgumentError, Option } from 'commander';
import { VitrineError } from '../../features/core/errors.ts';
import { MICRO_BENCH_NAMES } from '../micro/micro-benches.ts';
import { STORE_KINDS, type StoreKind } from './bench-store.ts';
import { SWEEP_NAMES, type SweepName } from './sweeps.ts';
import { MAX_FIELDS, MIN_FIELDS } from './synthetic-fields.ts';

/** What `npm run bench` is asked to do. */
export interface BenchFlags {
  readonly items: number;
  readonly fields: number;
  readonly dim: number;
  readonly candidates: number;
  readonly shoppers: number;
  readonly count: number;
  readonly embeddingDim: number;
  readonly store: StoreKind;
  readonly events: number;
  readonly workers: number;
  readonly warmUp: number;
  readonly seconds: number;
  readonly rounds: number;
  readonly connections: number;
  readonly plainService: boolean;
  readonly sweep?: SweepName;
  readonly points?: string;
  readonly passes: number;
  readonly memory?: true;
  readonly profile?: string;
  readonly bundles: string;
  readonly demo?: true;
  readonly folder: string;
  readonly shop: string;
  readonly requests?: number;
  readonly crash?: number;
  readonly lag?: true;
  readonly micro?: string;
  readonly seed: number;
  readonly port: number;
  readonly name?: string;
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

/** Reads the name of a file, without folder and ending. */
function fileName(text: string): string {
  if (/^[\w.-]+$/.test(text) && !text.startsWith('.')) return text;
  throw new InvalidArgumentError('expected letters, digits, _, - and dots; the folder is --out.');
}

/** Reads a share for a flag. */
function ratio(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && value < 1) return value;
  throw new InvalidArgumentError('expected a share from 0 to below 1.');
}

/**
 * Reads the command line; prints help or what is wrong with it and ends the process, as commander does.
 *
 * @param args without program and script
 */
export function parseBenchFlags(args: readonly string[]): BenchFlags {
  const program = new Command('npm run bench --')
    .description(
      'Measures the server. By default on a synthetic shop of the reference size: one request at a time beside the bare calls, capacity in turns with a plain service of the same parts, and latency at fixed rates. See bench/README.md.',
    )
    .allowExcessArguments(false)
    .optionsGroup('Synthetic shop:')
    .option('--items <n>', 'products', integer(10, 2_000_000), 100_000)
    .option('--fields <n>', 'fields of the feature schema', integer(MIN_FIELDS, MAX_FIELDS), 24)
    .option('--dim <n>', "width of the ranker's field embeddings", integer(1, 256), 16)
    .option('--candidates <n>', 'products ranked for each request', integer(1, 5_000), 200)
    .option('--shoppers <n>', 'shoppers in the store', integer(64, 1_000_000), 5_000)
    .option('--count <n>', 'products in a reply', integer(1, 100), 20)
    .option('--embedding-dim <n>', 'width of retrieval embeddings', integer(2, 4_096), 64)
    .addOption(new Option('--store <kind>', 'where profiles are').choices(STORE_KINDS).default('redis'))
    .option('--events <share>', 'share of event batches in saturation and open loop', ratio, 0.1)
    .option('--workers <n>', 'workers of the second server whose capacity is measured; 1 for none', integer(1, 64), 2)
    .option('--warm-up <n>', 'requests to each server before anything is measured', integer(0, 1_000_000), 2_000)
    .option('--seconds <n>', 'length of each saturation and of each open-loop run', integer(1, 600), 20)
    .option(
      '--rounds <n>',
      'rounds of 100 requests and 100 runs of the bare calls, each after 200 that do not count',
      integer(1, 10_000),
      20,
    )
    .option('--no-plain-service', 'leaves the plain service out, which needs packages of its own and Redis')
    .option('--bundles <folder>', 'keeps the bundles made, for the next time', '.vitrine/bench')
    .addOption(new Option('--sweep <what>', 'measures one setting after another').choices(SWEEP_NAMES))
    .option('--points <list>', "settings of a sweep, separated by commas; the sweep's own by default")
    .option(
      '--passes <n>',
      'turns of all settings of a sweep; of each the turn with the median latency counts',
      integer(1, 99),
      1,
    )
    .option('--memory', 'measures bytes per product and shopper, and whether a worker grows over --requests')
    .option('--profile <file>', 'writes instead where the time of a request goes, as .cpuprofile for a flame graph')
    .optionsGroup('Demo shop:')
    .option('--demo', 'sends mixed requests to the demo shop made by `npm start` instead')
    .option('--folder <folder>', 'where the demo shop is', '.vitrine')
    .option('--shop <name>', 'name under which it is in its store', 'demo')
    .optionsGroup('Events:')
    .option(
      '--crash <n>',
      'sends n events while servers and store are killed instead, and counts what is lost or doubled',
      integer(1_000, 100_000_000),
    )
    .option('--lag', 'measures instead how soon an event acknowledged by one server shows in a list of another')
    .optionsGroup('Micro benches:')
    .addOption(new Option('--micro <name>', 'runs one micro bench instead').choices(MICRO_BENCH_NAMES))
    .optionsGroup('All:')
    .option(
      '--requests <n>',
      'requests of the demo or of a memory run; 100000 or 200000 by default',
      integer(100, 100_000_000),
    )
    .option('--connections <n>', 'connections of a saturation for each worker, or of the demo', integer(2, 1_000), 8)
    .option('--seed <n>', 'repeats the shop and the requests', integer(0, 2 ** 31 - 1), 1)
    .option('--port <n>', 'port of the server; any free one by default', integer(0, 65_535), 0)
    .option('--name <name>', 'of the files written, in place of bench and moment', fileName)
    .option('--out <folder>', 'where results and plots go', 'bench/results');
  return program.parse(args, { from: 'user' }).opts<BenchFlags>();
}

/** What the machine must hold while the index is built and served: embeddings several times over, tables, records. */
const EMBEDDING_COPIES = 10;
const FURTHER_BYTES_PER_ITEM = 3_000;

/** Errors: REC_INVALID_CONFIG for sizes that do not go together or do not fit the machine. */
export function checkSizes(sizes: Pick<BenchFlags, 'items' | 'candidates' | 'count' | 'embeddingDim'>): void {
  const { items, candidates, count, embeddingDim } = sizes;
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
