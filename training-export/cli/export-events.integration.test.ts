import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { Deadline } from '../../features/core/deadline.ts';
import { asSessionId, asUserId, type ShopperKey, sessionKey, userKey } from '../../features/core/ids.ts';
import type { EventLogEntry } from '../../features/profile/event-log-entry.ts';
import type { FeatureStore } from '../../features/store/feature-store.ts';
import { openFeatureStore } from '../../features/store/open-feature-store.ts';
import { DuckDatabase, type SqlCell, sqlText } from '../datasets/duckdb.ts';
import { type ExportEventsCommand, exportEventsCommand } from './export-events-command.ts';

const DAY_MS = Date.UTC(2026, 4, 21);
const HOUR_MS = 3_600_000;
const ANNA = userKey(asUserId('anna'));

let folder: string;
let store: FeatureStore;
let printed = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vitrine-export-'));
  store = await openFeatureStore({ kind: 'lmdb', path: join(folder, 'store'), shop: 'test', profileTtlDays: 1 });
  const visit = sessionKey(asSessionId('v'));
  await log(ANNA, [
    event('e2', 2, { items: [{ item_id: 'b', price: 3.5, quantity: 2, index: 40_000 }, { item_id: 'a' }] }),
    event('e3', 30, { event: 'search', items: [], search_term: 'red "shoes" | ü' }),
    'no JSON',
    '{"event":"view_item"}',
  ]);
  await log(visit, [
    event('e1', 1, {
      ...{ user_id: undefined, session_id: 'v', event: 'purchase', value: 7, discount: 1, coupon: 'MAY' },
      ...{ currency: 'EUR', transaction_id: 't1', device: 'mobile', item_list_id: 'home', attribution_token: 'x' },
      items: [{ item_id: 'a', discount: 0.5, coupon: 'ONE' }],
    }),
  ]);
  const slates = [
    slate(3, { user_id: 'anna', degraded: { tier: 'popularity', reasons: ['a', 'b'] } }),
    slate(1, { not_personalized: 'opted_out', items: [] }),
  ];
  await store.appendSlates(
    slates.map((text, i) => ({ shopper: i === 0 ? ANNA : undefined, atMs: DAY_MS, text })),
    Deadline.after(5_000),
  );
  await store.writeItems([
    { itemId: 'b', title: 'B', category: 'x > y', price: 4, isAvailable: false, attributes: { Colour: 'red' } },
    {
      itemId: 'a',
      isAvailable: true,
      createdAtMs: DAY_MS,
      attributes: { colour: 'blue', religion: 'any', price: '1' },
    },
    { itemId: 'gone', isAvailable: false, isDeleted: true },
  ]);
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
});
afterEach(() => {
  printed = '';
});
afterAll(async () => {
  vi.restoreAllMocks();
  await store.close();
  await rm(folder, { recursive: true });
});

function log(key: ShopperKey, texts: readonly string[]): Promise<void> {
  return store.updateProfile(key, () => ({ log: texts }), Deadline.after(5_000));
}

function event(id: string, hour: number, more: Partial<EventLogEntry> = {}): string {
  const common = { event_id: id, event: 'view_item', timestamp: DAY_MS + hour * HOUR_MS, received_at: DAY_MS };
  return JSON.stringify({ ...common, user_id: 'anna', items: [], ...more });
}

function slate(hour: number, more: Record<string, unknown>): string {
  return JSON.stringify({
    ...{ recommendation_id: `r${hour}`, at: DAY_MS + hour * HOUR_MS, scene: 'home', model_version: 'v1' },
    ...{ feature_schema_fingerprint: 'f', policy: 'top_n', candidate_count: 42, degraded: null },
    request: { count: 2, item_ids: ['p', 'q'], exclude_count: 0, category: 'x', max_price: 9 },
    items: [
      { item_id: 'a', position: 0, score: 0.5, source: 'ann', propensity: 1 },
      { item_id: 'b', position: 1, score: 0.25, source: 'popular', propensity: 1 },
    ],
    ...more,
  });
}

let exportNumber = 0;
async function run(more: Partial<ExportEventsCommand> = {}): Promise<string> {
  const out = more.out ?? join(folder, `out-${exportNumber++}`);
  await exportEventsCommand({ out, storePath: join(folder, 'store'), shop: 'test', ...more });
  return out;
}

async function rowsOf(file: string, columns = '*'): Promise<SqlCell[][]> {
  const database = await DuckDatabase.open();
  const rows = await database.rows(`SELECT ${columns} FROM read_parquet(${sqlText(file)})`);
  database.close();
  return rows;
}

const refusalOf = (more: Partial<ExportEventsCommand>) => expect(run(more)).rejects;

describe('export-events', () => {
  it('writes a row an event and product in the plain layout, by time, with all else in further columns', async () => {
    const out = await run();
    expect((await readdir(out)).sort()).toEqual(['events.parquet', 'items.parquet']);
    const plain =
      '"timestamp", event, user_id, item_id, session_id, price, quantity, value, "index", item_list_id, event_id';
    const h = (hour: number): number => DAY_MS + hour * HOUR_MS;
    expect(await rowsOf(join(out, 'events.parquet'), plain)).toEqual([
      [h(1), 'purchase', null, 'a', 'v', null, null, 7, null, 'home', 'e1'],
      [h(2), 'view_item', 'anna', 'b', null, 3.5, 2, null, 40_000, null, 'e2'],
      [h(2), 'view_item', 'anna', 'a', null, null, null, null, null, null, 'e2'],
      [h(30), 'search', 'anna', null, null, null, null, null, null, null, 'e3'],
    ]);
    const further =
      'device, discount, coupon, item_discount, item_coupon, received_at, currency, transaction_id, search_term, attribution_token';
    const rows = await rowsOf(join(out, 'events.parquet'), further);
    expect(rows[0]).toEqual(['mobile', 1, 'MAY', 0.5, 'ONE', DAY_MS, 'EUR', 't1', null, 'x']);
    expect(rows[3]).toEqual([null, null, null, null, null, DAY_MS, null, null, 'red "shoes" | ü', null]);
    expect(printed).toContain(`${out}: 3 events in 4 rows, 2 items from lmdb `);
    expect(printed).toContain('note: 2 entries of the events log could not be read\n');
  });

  it('writes the products the shop has, and notes what it leaves out', async () => {
    const out = await run();
    expect(await rowsOf(join(out, 'items.parquet'))).toEqual([
      ['a', null, null, null, null, true, null, null, DAY_MS],
      ['b', 'B', 'x > y', null, null, false, 'red', 4, null],
    ]);
    expect(printed).toContain('note: attribute "colour" of products was left out: another column has the name\n');
    expect(printed).toContain('note: attribute "price" of products was left out: another column has the name\n');
    expect(printed).toContain('note: attribute "religion" of products was left out: its name is sensitive\n');
  });

  it('writes slates when asked to, a row a product shown', async () => {
    const out = await run({ slates: true });
    const columns =
      'recommendation_id, "at", user_id, not_personalized, policy, degraded_reasons, request_item_ids, request_max_price, item_id, position, score, propensity';
    expect(await rowsOf(join(out, 'slates.parquet'), columns)).toEqual([
      ['r1', DAY_MS + HOUR_MS, null, 'opted_out', 'top_n', null, 'p|q', 9, null, null, null, null],
      ['r3', DAY_MS + 3 * HOUR_MS, 'anna', null, 'top_n', 'a|b', 'p|q', 9, 'a', 0, 0.5, 1],
      ['r3', DAY_MS + 3 * HOUR_MS, 'anna', null, 'top_n', 'a|b', 'p|q', 9, 'b', 1, 0.25, 1],
    ]);
    expect(printed).toContain(', 2 slates,');
  });

  it('keeps to the time asked for, from its first moment to before its last', async () => {
    const idsOf = async (from: string, to: string): Promise<SqlCell[]> => {
      const rows = await rowsOf(join(await run({ from, to }), 'events.parquet'), 'DISTINCT event_id');
      return rows.map(([id]) => id!).sort();
    };
    expect(await idsOf('2026-05-21', '2026-05-22')).toEqual(['e1', 'e2']);
    expect(await idsOf('2026-05-21T04:00:00+02:00', '2026-05-23')).toEqual(['e2', 'e3']);
    expect(await idsOf(String(DAY_MS + HOUR_MS), '2026-05-21 02:00')).toEqual(['e1']);
  });

  it('refuses what cannot be meant, naming flag, value and remedy, and leaves nothing behind', async () => {
    const taken = join(folder, 'taken');
    await mkdir(taken);
    await writeFile(join(taken, 'notes.txt'), 'mine');
    const before = await readdir(folder);
    await refusalOf({ out: taken }).toThrow(/--out \S+taken is there already and is not an empty folder/);
    await refusalOf({ from: 'yesterday' }).toThrow(/--from is "yesterday"; give epoch milliseconds, a day/);
    await refusalOf({ from: '2026-05-22', to: '2026-05-21' }).toThrow(
      '--from 2026-05-22 is not before --to 2026-05-21',
    );
    await refusalOf({ from: '2030-01-01' }).toThrow('the log holds nothing in the time asked for');
    await refusalOf({ shop: 'other' }).toThrow(/the log holds nothing: name the store and --shop of the server/);
    await refusalOf({ storePath: join(folder, 'nowhere') }).toThrow(/--store-path: there is no store in/);
    expect(await readdir(folder)).toEqual(before);
  });

  it('fills an empty folder', async () => {
    const out = join(folder, 'empty');
    await mkdir(out);
    await run({ out });
    expect(await readdir(out)).toContain('events.parquet');
  });
});
