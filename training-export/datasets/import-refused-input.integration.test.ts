import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { importDataset } from './import-dataset.ts';
import { DAY_1_MS, PlainImporter, SHOP } from './testing/plain-import.ts';
import { failureOf, writeSources } from './testing/source-folder.ts';

const importer = new PlainImporter();

describe('importDataset, refused input', () => {
  const events = `timestamp,event,user_id,item_id\n${DAY_1_MS},view_item,u,a\n`;

  it('lists the known formats when the format is not among them', async () => {
    const failure = await failureOf(
      importDataset({ format: 'excel', folder: importer.root, output: join(importer.root, 'x') }),
    );
    expect(failure.message).toContain('format "excel" is not known');
    for (const format of ['plain', 'retailrocket', 'movielens', 'uci-online-retail', 'rees46', 'taobao']) {
      expect(failure.message).toContain(format);
    }
  });

  it('says which files it looked for when one is missing', async () => {
    const { message } = await failureOf(importer.import({ 'items.csv': 'item_id\na\n' }));
    expect(message).toContain('events.csv, events.csv.gz');
    const named = await failureOf(
      importDataset({
        format: 'plain',
        paths: { events: join(importer.root, 'none.csv') },
        output: join(importer.root, 'x'),
      }),
    );
    expect(named.message).toContain('none.csv does not exist');
  });

  it('names a folder that is none and a role the format does not have', async () => {
    const folder = await failureOf(
      importDataset({ format: 'plain', folder: join(importer.root, 'nowhere'), output: join(importer.root, 'x') }),
    );
    expect(folder.message).toContain('nowhere is not a folder');
    const role = await failureOf(
      importDataset({ format: 'plain', paths: { movies: 'a' }, output: join(importer.root, 'x') }),
    );
    expect(role.message).toContain('its files are events, items, users');
  });

  it('names the missing column and the columns found', async () => {
    const { message } = await failureOf(
      importer.import({ 'events.csv': 'time,event,user_id,item_id\n1,view_item,u,a\n' }),
    );
    expect(message).toContain('events.csv has no column "timestamp"');
    expect(message).toContain('"time", "event", "user_id", "item_id"');
  });

  it('wants a column that says who acted', async () => {
    const { message } = await failureOf(importer.import({ 'events.csv': 'timestamp,event,item_id\n1,view_item,a\n' }));
    expect(message).toContain('neither a column "user_id" nor "session_id"');
  });

  it('refuses an empty file, a header alone, and a column named twice', async () => {
    expect((await failureOf(importer.import({ 'events.csv': '' }))).message).toContain('events.csv is empty');
    expect((await failureOf(importer.import({ 'events.csv.gz': gzipSync('') }))).message).toContain('is empty');
    const header = await failureOf(importer.import({ 'events.csv': 'timestamp,event,user_id,item_id\n' }));
    expect(header.message).toContain('has no usable event row');
    const twice = await failureOf(
      importer.import({ 'events.csv': 'timestamp,Event,event,user_id,item_id\n1,a,b,c,d\n' }),
    );
    expect(twice.message).toContain('names column "event" twice');
  });

  it('refuses a gzip file that is cut off instead of taking its readable part', async () => {
    const whole = gzipSync(
      `${events}${Array.from({ length: 9000 }, (_, i) => `${DAY_1_MS + i},view_item,u${i * 7919},a\n`).join('')}`,
    );
    const failure = await failureOf(importer.import({ 'events.csv.gz': whole.subarray(0, whole.length / 2) }));
    expect(failure.message).toContain('is damaged or cut off');
  });

  it('refuses a damaged Parquet file and an unknown kind of file', async () => {
    expect((await failureOf(importer.import({ 'events.parquet': 'PAR1 not really' }))).message).toContain(
      'cannot be read',
    );
    const folder = writeSources(importer.newFolder(), { 'events.xlsx': 'x' });
    const failure = await failureOf(
      importDataset({ format: 'plain', paths: { events: join(folder, 'events.xlsx') }, output: join(folder, 'out') }),
    );
    expect(failure.message).toContain('is of no known kind');
  });

  it('refuses sensitive columns by name', async () => {
    const failure = await failureOf(importer.import({ 'events.csv': events, 'users.csv': 'user_id,Religion\nu,x\n' }));
    expect(failure.code).toBe('REC_SENSITIVE_ATTRIBUTE');
    expect(failure.message).toContain('"Religion"');
    const items = await failureOf(
      importer.import({ 'events.csv': events, 'items.jsonl': '{"item_id":"a","user-ethnicity":"x"}' }),
    );
    expect(items.code).toBe('REC_SENSITIVE_ATTRIBUTE');
  });

  it('refuses sensitive values of shoppers, and more than a profile keeps, naming column and value', async () => {
    const refusal = (users: string) => failureOf(importer.import({ 'events.csv': events, 'users.csv': users }));
    const sensitive = await refusal('user_id,club\nu,golf\nv,chess|politics\n');
    expect(sensitive.code).toBe('REC_SENSITIVE_ATTRIBUTE');
    expect(sensitive.message).toContain('users.csv has "chess|politics" in column "club"');
    expect((await refusal(`user_id,note\nu,${'x'.repeat(257)}\n`)).message).toContain(
      'has a value of 257 characters in column "note"',
    );
    const many = Array.from({ length: 33 }, (_, i) => `c${i}`).join(',');
    expect((await refusal(`user_id,${many}\nu${','.repeat(33)}\n`)).message).toContain(
      'has 33 columns beside user_id; a profile keeps at most 32 attributes',
    );
    expect((await refusal(`user_id,${'y'.repeat(65)}\nu,1\n`)).message).toContain('whose name has 65 characters');
  });

  it('refuses a share outside 0 to 1', async () => {
    await expect(importer.import(SHOP, { maxBadRowRatio: 2 })).rejects.toThrow('maxBadRowRatio is 2');
  });

  it('does not overwrite a folder that is no dataset', async () => {
    const output = writeSources(join(importer.newFolder(), 'holiday'), { 'photo.jpg': 'x' });
    const failure = await failureOf(importer.import(SHOP, { output }));
    expect(failure.message).toContain('is not a dataset');
    expect(readdirSync(output)).toEqual(['photo.jpg']);
  });

  it('leaves neither output nor leftovers when it fails, and the former dataset as it was', async () => {
    const { output } = await importer.import(SHOP);
    const folder = join(output, '..');
    const before = readFileSync(join(output, 'dataset.json'), 'utf8');
    writeFileSync(join(folder, 'in', 'events.csv'), 'timestamp,event,user_id,item_id\nsoon,view_item,u,a\n');
    await failureOf(importDataset({ format: 'plain', folder: join(folder, 'in'), output }));
    expect(readdirSync(folder).sort()).toEqual(['dataset', 'in']);
    expect(readFileSync(join(output, 'dataset.json'), 'utf8')).toBe(before);
  });

  it('makes folders that others can read', async () => {
    const { output } = await importer.import(SHOP);
    expect(statSync(output).mode & 0o777).toBe(0o777 & ~process.umask());
    expect(existsSync(join(output, 'events.parquet'))).toBe(true);
  });
});
