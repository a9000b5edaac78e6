import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Deadline } from '../../features/core/deadline.ts';
import { VitrineError } from '../../features/core/errors.ts';
import { asUserId, userKey } from '../../features/core/ids.ts';
import { openFeatureStore } from '../../features/store/open-feature-store.ts';
import { openBundle } from '../../models/bundle/open-bundle.ts';
import { importDataset } from '../datasets/import-dataset.ts';
import type { Evaluation } from '../evaluate/evaluate-bundle.ts';
import { aShop, START_MS } from '../examples/testing/a-dataset.ts';
import { SMALL_TRAINING } from '../train/testing/small-training.ts';
import { type EvaluateCommand, evaluateCommand } from './evaluate-command.ts';
import { inspectCommand } from './inspect-command.ts';
import { type MaterializeCommand, materializeCommand } from './materialize-command.ts';
import { type TrainCommand, trainCommand } from './train-command.ts';

let root: string;
let dataset: string;
let artifacts: string;
let printed = '';

/** The generated shop as the CSV files a shop would export. */
async function writeSources(folder: string): Promise<void> {
  const { events, items = [] } = aShop({ seed: 9, userCount: 24 });
  const eventRows = events.flatMap(({ minute, type = 'view_item', user, item, value }, event) =>
    (typeof item === 'object' ? item : [item]).map((one) =>
      [new Date(START_MS + minute * 60_000).toISOString(), type, user, one, value ?? '', `e${event}`].join(','),
    ),
  );
  const itemRows = items.map(({ itemId, category, brand, price }) => [itemId, category, brand, price].join(','));
  await mkdir(folder);
  await writeFile(
    join(folder, 'events.csv'),
    ['timestamp,event,user_id,item_id,value,event_id', ...eventRows, ''].join('\n'),
  );
  await writeFile(join(folder, 'items.csv'), ['item_id,category,brand,price', ...itemRows, ''].join('\n'));
}

const train = (changes: Partial<TrainCommand> = {}): Promise<string> =>
  trainCommand(
    {
      ...{ dataset, artifacts, report: join(root, 'reports'), version: 'v1', seed: 1 },
      ...{ validationRatio: 0.1, testRatio: 0.1, embeddingDim: 8, batchSize: 256, maxEpochs: 1, towerEpochs: 1 },
      ...{ patience: 1, learningRate: 0.01 },
      ...changes,
    },
    { ranker: { ...SMALL_TRAINING.ranker, maxEpochs: 1 }, towers: { ...SMALL_TRAINING.towers, maxEpochs: 1 } },
  );
const evaluate = (changes: Partial<EvaluateCommand> = {}): Promise<Evaluation> =>
  evaluateCommand({
    ...{ dataset, artifacts, version: '', report: join(root, 'reports'), protocol: 'next', maxCases: 100 },
    ...changes,
  });
const materialize = (changes: Partial<MaterializeCommand> = {}): Promise<void> =>
  materializeCommand({ dataset, artifacts, version: '', storePath: join(root, 'store'), shop: 'test', ...changes });

async function refusalOf(work: Promise<unknown>): Promise<string> {
  const outcome = await work.then(
    () => 'not refused',
    (error: unknown) => error,
  );
  return outcome instanceof VitrineError ? `${outcome.code}: ${outcome.message}` : String(outcome);
}

function captureOutput(): void {
  printed = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'vitrine-cli-'));
  dataset = join(root, 'dataset');
  artifacts = join(root, 'artifacts');
  await writeSources(join(root, 'sources'));
  await importDataset({ format: 'plain', folder: join(root, 'sources'), output: dataset });
  captureOutput();
  await train();
  vi.restoreAllMocks();
});
beforeEach(captureOutput);
afterEach(() => {
  vi.restoreAllMocks();
});
afterAll(async () => {
  await rm(root, { recursive: true, force: true });
});

describe('trainCommand', () => {
  it('writes a bundle and a report, and says where and how good', async () => {
    expect(await train({ version: 'v0' })).toBe('v0');
    expect((await openBundle(join(artifacts, 'v0'))).manifest.data.dataset).toBe('dataset');
    const report = join(root, 'reports', 'v0');
    expect((await readdir(report)).sort()).toEqual(['calibration.svg', 'ranker-loss.svg', 'training.json']);
    expect(await readFile(join(report, 'ranker-loss.svg'), 'utf8')).toMatch(/^<svg/);
    expect(JSON.parse(await readFile(join(report, 'training.json'), 'utf8'))).toMatchObject({
      validation: { auc: expect.any(Number) },
      rankerEpochs: expect.arrayContaining([expect.objectContaining({ epoch: 1 })]),
    });
    expect(printed).toMatch(/^validation +AUC 0\.\d{4} .*\ntest +AUC 0\.\d{4} .*\nbundle \S+v0\nreport \S+v0\n$/);
  });

  it('takes a schema from a file', async () => {
    const schema = join(root, 'schema.json');
    const fields = [
      {
        name: 'recent',
        group: 'user',
        kind: 'categorical',
        signal: 'recent_items',
        parameters: { event: 'view_item' },
      },
      { name: 'item_id', group: 'item', kind: 'categorical', signal: 'item_id' },
    ];
    await writeFile(schema, JSON.stringify({ interestHalfLifeDays: 5, fields }));
    await train({ schema, version: 'schema', artifacts: join(root, 'other') });
    const bundle = await openBundle(join(root, 'other', 'schema'));
    expect(bundle.manifest.dimensions.slotCount).toBe(2);
    expect(JSON.parse(await bundle.readText('feature-schema.json'))).toMatchObject({ interestHalfLifeDays: 5 });
  });

  it.each<[string, Partial<TrainCommand>, RegExp]>([
    [
      'a folder that is no dataset',
      { dataset: '/nowhere' },
      /^REC_INVALID_INPUT_DATA: \/nowhere is not a dataset.*`vitrine import`/,
    ],
    ['a target that is no event', { target: 'buy' }, /^REC_INVALID_INPUT_DATA: --target "buy" is no event/],
    ['ratings the data do not have', { target: 'value>=99999' }, /^REC_INVALID_INPUT_DATA: .*from 99999 up/],
    [
      'a schema file that is missing',
      { schema: '/nowhere.json' },
      /^REC_INVALID_SCHEMA: --schema \/nowhere.json cannot/,
    ],
    ['a version that exists', { version: 'v1' }, /^REC_BUNDLE_INVALID: bundle v1 exists already/],
    ['a version that leads elsewhere', { version: '../v1' }, /^REC_BUNDLE_INVALID: model version is/],
  ])('refuses %s', async (_what, changes, message) => {
    expect(await refusalOf(train({ version: 'new', ...changes }))).toMatch(message);
  });

  it('refuses a schema that breaks a rule, naming the field', async () => {
    const schema = join(root, 'bad-schema.json');
    await writeFile(
      schema,
      JSON.stringify({ fields: [{ name: 'x', group: 'item', kind: 'hashed', signal: 'brand' }] }),
    );
    expect(await refusalOf(train({ version: 'new', schema }))).toMatch(
      /^REC_INVALID_SCHEMA: .*field "x": bucketCount is undefined/,
    );
  });
});

describe('evaluateCommand', () => {
  it('prints a table and writes figures and a plot', async () => {
    const evaluation = await evaluate({ version: 'v1' });
    const folder = join(root, 'reports', 'v1');
    expect(JSON.parse(await readFile(join(folder, 'evaluation-next.json'), 'utf8'))).toEqual(evaluation);
    expect(await readFile(join(folder, 'evaluation-next.svg'), 'utf8')).toMatch(/^<svg/);
    const lines = printed.split('\n');
    expect(lines[0]).toMatch(
      /^dataset, model v1, protocol next \(view_item, add_to_cart, purchase\), \d+ cases from 2024/,
    );
    const [popularity] = evaluation.results;
    expect(lines).toContain(
      `| popularity | ${[popularity!.metrics[0]!.ndcg, popularity!.metrics[1]!.hitRate, popularity!.metrics[1]!.mrr, popularity!.metrics[1]!.ndcg, popularity!.metrics[2]!.recall, popularity!.metrics[1]!.coverage].map((value) => value.toFixed(4)).join(' | ')} |`,
    );
    expect(printed).toMatch(/report \S+v1\n$/);
  });

  it('judges purchases of a visit unless told otherwise', async () => {
    expect(await evaluate({ protocol: 'visit' })).toMatchObject({ protocol: 'visit', targetTypes: ['purchase'] });
    expect(await evaluate({ protocol: 'visit', target: 'view_item' })).toMatchObject({ targetTypes: ['view_item'] });
  });

  it.each<[string, Partial<EvaluateCommand>, RegExp]>([
    [
      'an unknown protocol',
      { protocol: 'random' },
      /^REC_INVALID_INPUT_DATA: --protocol is "random", expected one of visit, next/,
    ],
    [
      'ratings as target',
      { target: 'value>=4' },
      /^REC_INVALID_INPUT_DATA: --target "value>=4": evaluation takes event/,
    ],
    [
      'artifacts without a bundle',
      { artifacts: '/nowhere' },
      /^REC_BUNDLE_INVALID: artifacts folder \/nowhere does not exist; make one with `vitrine train`/,
    ],
    ['a version that is not there', { version: 'v9' }, /^REC_BUNDLE_INVALID: there is no bundle at/],
    ['a folder that is no dataset', { dataset: '/nowhere' }, /^REC_INVALID_INPUT_DATA: \/nowhere is not a dataset/],
  ])('refuses %s', async (_what, changes, message) => {
    expect(await refusalOf(evaluate(changes))).toMatch(message);
  });
});

describe('materializeCommand', () => {
  it('fills the embedded store with shoppers and products', async () => {
    await materialize();
    expect(printed).toMatch(/^lmdb \S+store shop test: 24 profiles, 24 items\n$/);
    const options = { kind: 'lmdb', path: join(root, 'store'), shop: 'test', profileTtlDays: 400 } as const;
    const store = await openFeatureStore(options);
    const profile = await store.readProfile(userKey(asUserId('user-3')), Deadline.after(60_000));
    expect(profile?.recent.view_item.itemIds.length).toBeGreaterThan(0);
    expect(await store.readItem('item-5', Deadline.after(60_000))).toMatchObject({ itemId: 'item-5', price: 10 });
    await store.close();
  });

  it('leaves no store behind when there is nothing to fill it with', async () => {
    const storePath = join(root, 'untouched');
    expect(await refusalOf(materialize({ storePath, artifacts: '/nowhere' }))).toMatch(/^REC_BUNDLE_INVALID/);
    expect(await refusalOf(materialize({ storePath, dataset: '/nowhere' }))).toMatch(/^REC_INVALID_INPUT_DATA/);
    expect(existsSync(storePath)).toBe(false);
  });

  it.each<[string, Partial<MaterializeCommand>]>([
    ['a shop name that is no key', { shop: 'two words' }],
    ['a Redis url that is none', { redis: 'localhost:6379' }],
    ['an empty path', { storePath: '' }],
  ])('refuses %s, naming the flags', async (_what, changes) => {
    expect(await refusalOf(materialize(changes))).toMatch(
      /^REC_INVALID_CONFIG: store flags: .*expected a Redis URL \(redis:\/\/host:port\) for --redis/,
    );
  });

  it('says so when Redis cannot be reached', async () => {
    expect(await refusalOf(materialize({ redis: 'redis://127.0.0.1:1' }))).toMatch(/^REC_STORE_UNAVAILABLE/);
  });
});

describe('inspectCommand', () => {
  it('verifies the newest bundle and prints what it is made of', async () => {
    await inspectCommand({ artifacts, version: '' });
    const { manifest } = await openBundle(join(artifacts, 'v1'));
    expect(printed).toContain('bundle      v1 (format 1), created ');
    expect(printed).toMatch(/data {8}dataset: \d+ events, 24 users, 24 items, 2024-01-\S+ to 2024-01-\S+\n/);
    for (const { name, sha256 } of manifest.files)
      expect(printed).toMatch(new RegExp(`file +${name} .*${sha256.slice(0, 16)}`));
    for (const name of Object.keys(manifest.metrics)) expect(printed).toContain(`metric      ${name} `);
  });

  it('refuses a bundle with an altered file', async () => {
    await train({ version: 'v2', artifacts: join(root, 'altered') });
    await writeFile(join(root, 'altered', 'v2', 'golden.json'), '{}');
    expect(await refusalOf(inspectCommand({ artifacts: join(root, 'altered'), version: '' }))).toMatch(
      /^REC_BUNDLE_INVALID: golden.json of bundle v2 has 2 bytes, manifest.json says \d+/,
    );
  });
});
