import { describe, expect, it } from 'vitest';
import { DAY_1_MS, NOW_MS, PlainImporter } from './testing/plain-import.ts';
import { failureOf } from './testing/source-folder.ts';

const importer = new PlainImporter();

describe('importDataset, faulty rows', () => {
  const good = Array.from({ length: 199 }, (_, i) => `${DAY_1_MS + i},view_item,u,i${i}`);

  /** 199 good rows after one under test, which stands in file row 2. */
  const eventsWith = (row: string): Record<string, string> => ({
    'events.csv': ['timestamp,event,user_id,item_id,price', row, ...good.map((line) => `${line},`)].join('\n'),
  });

  it.each([
    ['timestamp-unreadable', 'yesterday,view_item,u,a,'],
    ['timestamp-missing', ',view_item,u,a,'],
    ['timestamp-out-of-range', '788918399999,view_item,u,a,'],
    ['timestamp-out-of-range', `${NOW_MS + 86_400_001},view_item,u,a,`],
    ['event-unknown', `${DAY_1_MS},teleport,u,a,`],
    ['item-missing', `${DAY_1_MS},view_item,u,,`],
    ['shopper-missing', `${DAY_1_MS},view_item,,a,`],
    ['user-id-too-long', `${DAY_1_MS},view_item,${'u'.repeat(257)},a,`],
    ['price-invalid', `${DAY_1_MS},view_item,u,a,-1`],
    ['price-invalid', `${DAY_1_MS},view_item,u,a,NaN`],
    ['price-invalid', `${DAY_1_MS},view_item,u,a,12 EUR`],
    ['row-malformed', `${DAY_1_MS},view_item,u`],
    ['row-malformed', `${DAY_1_MS},view_item,u,a,1,2,3`],
  ])('skips and counts %s below the permitted share', async (reason, row) => {
    const { metadata } = await importer.import(eventsWith(row));
    expect(metadata.counts.skippedRows).toEqual({ [reason]: 1 });
    expect(metadata.counts.events).toBe(199);
  });

  it.each([
    ['timestamp', 'yesterday,view_item,u,a,', '"yesterday"'],
    ['event', `${DAY_1_MS},teleport,u,a,`, '"teleport"'],
    ['price', `${DAY_1_MS},view_item,u,a,-1`, '"-1"'],
    ['item_id', `${DAY_1_MS},view_item,u,,`, 'nothing'],
    ['user_id', `${DAY_1_MS},view_item,,a,`, 'nothing'],
  ])('names file, row, column %s and value when refusing', async (column, row, value) => {
    const failure = await failureOf(importer.import(eventsWith(row), { maxBadRowRatio: 0 }));
    expect(failure.code).toBe('REC_INVALID_INPUT_DATA');
    expect(failure.message).toContain('events.csv');
    expect(failure.message).toContain(`row 2, column "${column}": ${value} given`);
    expect(failure.message).toContain('1 faulty rows of 200');
    expect(failure.message).toContain('raise --max-bad-rows');
  });

  it('counts rows as they stand in the file when malformed rows come before', async () => {
    const files = {
      'events.csv': [
        'timestamp,event,user_id,item_id',
        '1,2',
        `${DAY_1_MS},view_item,u,a`,
        '3',
        `${DAY_1_MS},warp,u,b`,
      ].join('\n'),
    };
    const { message } = await failureOf(importer.import(files));
    expect(message).toContain('row 2, column "item_id": missing columns in "1,2"');
    expect(message).toContain('row 4, column "event": missing columns in "3"');
    expect(message).toContain('row 5, column "event": "warp" given');
    expect(message).toContain('3 faulty rows of 4');
  });

  it('shows at most five rows of many', async () => {
    const rows = Array.from({ length: 50 }, () => 'soon,view_item,u,a');
    const { message } = await failureOf(
      importer.import({ 'events.csv': ['timestamp,event,user_id,item_id', ...rows].join('\n') }),
    );
    expect(message.match(/row \d+, column/g)).toHaveLength(5);
    expect(message).toContain('timestamp-unreadable 50');
  });

  it('permits exactly the share given', async () => {
    const files = eventsWith(`${DAY_1_MS},teleport,u,a,`);
    await expect(importer.import(files, { maxBadRowRatio: 0.005 })).resolves.toBeDefined();
    await expect(importer.import(files, { maxBadRowRatio: 0.0049 })).rejects.toThrow('permitted 0.49 %');
  });

  it('refuses a file without any usable row whatever the share', async () => {
    const failure = await failureOf(
      importer.import({ 'events.csv': 'timestamp,event,user_id,item_id\nsoon,view_item,u,a\n' }, { maxBadRowRatio: 1 }),
    );
    expect(failure.message).toContain('has no usable event row (timestamp-unreadable 1)');
  });

  it('checks products and shoppers too', async () => {
    const events = `timestamp,event,user_id,item_id\n${DAY_1_MS},view_item,u,a\n`;
    const items = await failureOf(
      importer.import({ 'events.csv': events, 'items.csv': 'item_id,price,available\na,cheap,true\nb,1,perhaps\n' }),
    );
    expect(items.message).toContain('row 2, column "price": "cheap" given');
    expect(items.message).toContain('row 3, column "available": "perhaps" given');
    const users = await failureOf(importer.import({ 'events.csv': events, 'users.csv': 'user_id,age\n,4\n' }));
    expect(users.message).toContain('row 2, column "user_id": nothing given');
  });

  it('skips lines that are not JSON objects', async () => {
    const line = (i: number): string => `{"timestamp":${DAY_1_MS},"event":"view_item","user_id":"u","item_id":"i${i}"}`;
    const { metadata } = await importer.import(
      { 'events.jsonl': [line(1), '{broken', '[1]', line(2)].join('\n') },
      { maxBadRowRatio: 0.5 },
    );
    expect(metadata.counts).toMatchObject({ events: 2, skippedRows: { 'row-malformed': 2 } });
  });
});
