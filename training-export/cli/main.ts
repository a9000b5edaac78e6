#!/usr/bin/env node
import { Command, InvalidArgumentError, Option } from 'commander';
import { messageOf, VitrineError } from '../../features/core/errors.ts';
import type { EvaluateCommand } from './evaluate-command.ts';
import type { ExportEventsCommand } from './export-events-command.ts';
import type { MaterializeCommand } from './materialize-command.ts';
import type { StoreFlags } from './store-flags.ts';
import type { TrainCommand } from './train-command.ts';

// Commands are loaded when they are called: each brings native libraries that the others do without.

function number(range: { min: number; max: number; isInteger?: boolean }): (text: string) => number {
  const { min, max, isInteger = false } = range;
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && value >= min && value <= max && (!isInteger || Number.isInteger(value))) return value;
    throw new InvalidArgumentError(`expected ${isInteger ? 'an integer' : 'a number'} from ${min} to ${max}.`);
  };
}

const count = (max: number): ((text: string) => number) => number({ min: 1, max, isInteger: true });
const ratio = number({ min: 0, max: 0.5 });

/** The flags of {@link StoreFlags}. */
function withStoreFlags(command: Command): Command {
  return command
    .option('--redis <url>', 'Redis of the store, redis://host:port; without it the embedded store')
    .addOption(
      new Option('--redis-cluster <nodes>', 'some nodes of the Redis Cluster of the store, host:port,...').conflicts(
        'redis',
      ),
    )
    .option('--store-path <folder>', 'folder of the embedded store', '.vitrine/store')
    .option('--shop <name>', 'name of the shop, part of every key', 'demo');
}

const program = new Command('vitrine').description(
  'Makes what the Vitrine server serves: import, train, evaluate, materialize.',
);

program
  .command('import')
  .description('turns source files into a dataset folder')
  .requiredOption(
    '--format <name>',
    'layout of the source files, such as plain or retailrocket; a wrong name lists all',
  )
  .requiredOption('--from <folder>', 'folder with the source files, .gz or not')
  .requiredOption('--dataset <folder>', 'dataset folder to make or replace')
  .option(
    '--max-bad-rows <ratio>',
    'share of faulty rows above which a file is refused',
    number({ min: 0, max: 1 }),
    0.01,
  )
  .action(async (flags: { format: string; from: string; dataset: string; maxBadRows: number }) => {
    const { importDataset } = await import('../datasets/import-dataset.ts');
    const { ProgressBars } = await import('./progress.ts');
    const bars = new ProgressBars();
    const metadata = await importDataset({
      format: flags.format,
      folder: flags.from,
      output: flags.dataset,
      maxBadRowRatio: flags.maxBadRows,
      onProgress: ({ step, stepsDone, stepCount }) => bars.update('import', stepsDone / stepCount, step),
    });
    bars.stop();
    const { events, users, items, skippedRows } = metadata.counts;
    const skipped = Object.entries(skippedRows).map(([reason, rows]) => `, skipped ${rows} rows: ${reason}`);
    process.stdout.write(
      `${flags.dataset}: ${events} event rows, ${users} users, ${items} items, ${metadata.from} to ${metadata.to}${skipped.join('')}\n`,
    );
    for (const note of metadata.notes) process.stdout.write(`note: ${note}\n`);
  });

program
  .command('train')
  .description('trains two towers and a DeepFM on a dataset and writes a bundle')
  .requiredOption('--dataset <folder>', 'dataset folder')
  .option('--artifacts <folder>', 'where bundles go', '.vitrine/artifacts')
  .option('--report <folder>', 'where plots and figures go', '.vitrine/reports')
  .option('--schema <file>', 'feature schema; the default fits most shops')
  .option('--target <rule>', 'what counts as taken: event names joined by commas, or value>=N for ratings')
  .option('--version <name>', 'version of the bundle; the moment by default')
  .option('--seed <n>', 'repeats a training exactly', number({ min: 0, max: 2 ** 31 - 1, isInteger: true }), 1)
  .option('--validation-ratio <ratio>', 'share of events, by time, for early stopping', ratio)
  .option('--test-ratio <ratio>', 'share of events, the latest, kept out for evaluate', ratio)
  .option('--embedding-dim <n>', 'width of product and user embeddings', count(512))
  .option('--batch-size <n>', 'ranker examples per step', count(1 << 20))
  .option('--max-epochs <n>', 'ranker epochs at most', count(1000))
  .option('--tower-epochs <n>', 'tower epochs at most', count(1000))
  .option('--patience <n>', 'ranker epochs without a better validation loss before stopping', count(1000))
  .option('--learning-rate <rate>', 'ranker step size', number({ min: 1e-7, max: 1 }))
  .option(
    '--ann-quota <n>',
    'largest `ann` quota of the scenes, 200 by default: the index is tuned for it',
    count(10_000),
  )
  .action(async (flags: TrainCommand) => {
    const { trainCommand } = await import('./train-command.ts');
    await trainCommand(flags);
  });

program
  .command('evaluate')
  .description('judges a bundle on events after its training data, beside baselines')
  .requiredOption('--dataset <folder>', 'the dataset the bundle was trained on')
  .option('--artifacts <folder>', 'where bundles are', '.vitrine/artifacts')
  .option('--version <name>', 'bundle version; the newest by default', '')
  .option('--report <folder>', 'where plots and figures go', '.vitrine/reports')
  .option(
    '--protocol <name>',
    'visit: name at the start of a visit what will be taken in it; next: name the next product',
    'visit',
  )
  .option(
    '--target <events>',
    'events that count as taken; by default purchase for visit, view_item, add_to_cart and purchase for next',
  )
  .option('--max-cases <n>', 'test cases at most', count(1_000_000), 3000)
  .action(async (flags: EvaluateCommand) => {
    const { evaluateCommand } = await import('./evaluate-command.ts');
    await evaluateCommand(flags);
  });

withStoreFlags(
  program
    .command('materialize')
    .description('puts the profiles and products of a dataset into the online store')
    .requiredOption('--dataset <folder>', 'dataset folder')
    .option('--artifacts <folder>', 'where bundles are', '.vitrine/artifacts')
    .option('--version <name>', 'bundle whose profile policy applies; the newest by default', ''),
).action(async (flags: MaterializeCommand) => {
  const { materializeCommand } = await import('./materialize-command.ts');
  await materializeCommand(flags);
});

withStoreFlags(
  program
    .command('export-events')
    .description('writes the event log of the online store as Parquet that `vitrine import --format plain` reads')
    .requiredOption('--out <folder>', 'folder to make')
    .option('--slates', 'the log of served lists too, as slates.parquet')
    .option('--from <time>', 'events that happened from here on: a day, ISO 8601 or epoch milliseconds')
    .option('--to <time>', 'up to before here'),
).action(async (flags: ExportEventsCommand) => {
  const { exportEventsCommand } = await import('./export-events-command.ts');
  await exportEventsCommand(flags);
});

withStoreFlags(
  program
    .command('verify-erasure')
    .description('searches the online store for a shopper and proves that nothing but the tombstone is left')
    .argument('<id>', 'user id, or session id with --session')
    .option('--session', 'the id names a session'),
).action(async (id: string, flags: StoreFlags & { session?: true }) => {
  const { verifyErasureCommand } = await import('./verify-erasure-command.ts');
  const isErased = await verifyErasureCommand({ ...flags, id, isSession: flags.session === true });
  if (!isErased) process.exitCode = 1;
});

program
  .command('inspect')
  .description('verifies a bundle and prints what it is made of')
  .option('--artifacts <folder>', 'where bundles are', '.vitrine/artifacts')
  .option('--version <name>', 'bundle version; the newest by default', '')
  .action(async (flags: { artifacts: string; version: string }) => {
    const { inspectCommand } = await import('./inspect-command.ts');
    await inspectCommand(flags);
  });

program
  .command('demo')
  .description('prepares a demo shop: simulated shoppers, trained models, a filled embedded store')
  .option('--folder <folder>', 'where everything goes', '.vitrine')
  .option('--shop <name>', 'name of the shop', 'demo')
  .action(async (flags: { folder: string; shop: string }) => {
    const { demoCommand } = await import('./demo-command.ts');
    await demoCommand(flags);
  });

try {
  await program.parseAsync();
} catch (error) {
  // A person's mistake needs its message, a bug its stack.
  const isExpected = error instanceof VitrineError && error.category !== 'bug';
  process.stderr.write(
    isExpected
      ? `vitrine: ${error.code}: ${error.message}\n`
      : `${error instanceof Error ? error.stack : messageOf(error)}\n`,
  );
  process.exitCode = 1;
}
