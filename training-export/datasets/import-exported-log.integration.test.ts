import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nameHash } from '../../features/profile/event-memory.ts';
import { DuckDatabase } from './duckdb.ts';
import { DAY_1_MS, PlainImporter } from './testing/plain-import.ts';
import { failureOf } from './testing/source-folder.ts';

const importer = new PlainImporter();

describe('importDataset, what an export of the event log says', () => {
  const header =
    'timestamp,event,user_id,item_id,event_id,device,discount,coupon,item_discount,item_coupon,received_at';
  const row = (second: number, rest: string): string => `${DAY_1_MS + second * 1_000},purchase,ann,lamp,${rest}`;

  it('is kept: devices, discounts, ids and arrival of events', async () => {
    const rows = [
      row(3, `e3,,,,,,${DAY_1_MS}`),
      row(1, `e1,mobile,,,,,${DAY_1_MS + 9}`),
      row(2, 'e2,desktop,0,,0.5,,'),
      row(4, ',mobile,,MAY,,,'),
    ];
    const { dataset } = await importer.import({ 'events.csv': [header, ...rows].join('\n') });
    const { details } = dataset.events;
    expect(Array.from(details!.device, (device) => details!.deviceNames[device])).toEqual([
      'mobile',
      'desktop',
      undefined,
      'mobile',
    ]);
    expect([...details!.isDiscounted]).toEqual([0, 1, 0, 1]);
    expect([...details!.receivedAtMs]).toEqual([DAY_1_MS + 9, Number.NaN, DAY_1_MS, Number.NaN]);
    expect([...details!.idHash]).toEqual([nameHash('e1'), nameHash('e2'), nameHash('e3'), Number.NaN]);
  });

  it('costs nothing where it is not told', async () => {
    const { dataset } = await importer.import({ 'events.csv': [header, row(1, 'e1,,,,,,')].join('\n') });
    expect(dataset.events.details).toBeUndefined();
  });

  it('is checked like everything else', async () => {
    const faulty = [row(1, ',,ten,,,,'), row(2, ',,,,-1,,'), row(3, ',,,,,,soon')];
    const failure = await failureOf(importer.import({ 'events.csv': [header, ...faulty].join('\n') }));
    expect(failure.message).toMatch(
      /column "discount": "ten" given.*column "item_discount": "-1" given.*"received_at": "soon"/,
    );
  });

  it('is taken as it stands from Parquet, blanks and all, and trimmed in text files', async () => {
    const source = join(importer.newFolder(), 'events.parquet');
    const database = await DuckDatabase.open();
    await database.run(
      `COPY (SELECT ${DAY_1_MS} AS "timestamp", 'view_item' AS event, ' ann ' AS user_id, 'lamp ' AS item_id) TO '${source}' (FORMAT parquet)`,
    );
    database.close();
    const noFiles = { 'notes.txt': 'x' };
    const fromParquet = await importer.import(noFiles, { paths: { events: source } });
    expect(fromParquet.dataset.userIds).toEqual([' ann ']);
    expect(fromParquet.dataset.catalogue.itemIds).toEqual(['lamp ']);
    const fromText = await importer.import({
      'events.csv': `timestamp,event,user_id,item_id\n${DAY_1_MS},view_item, ann ,lamp \n`,
    });
    expect(fromText.dataset.userIds).toEqual(['ann']);
  });
});
