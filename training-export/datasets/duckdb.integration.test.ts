import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DuckDatabase, sqlName, sqlText } from './duckdb.ts';

describe('DuckDatabase', () => {
  let database: DuckDatabase;
  beforeEach(async () => {
    database = await DuckDatabase.open({ memoryLimitMegabytes: 256, threads: 1 });
  });
  afterEach(() => {
    database.close();
  });

  it('takes the memory limit and the number of threads it is given', async () => {
    const rows = await database.rows(`SELECT current_setting('threads'), current_setting('memory_limit')`);
    expect(rows[0]?.[0]).toBe(1);
    expect(rows[0]?.[1]).toContain('244.1 MiB');
  });

  it('binds parameters instead of pasting them', async () => {
    const text = `o'hara"; DROP TABLE x`;
    expect(await database.rows('SELECT $1, $2::DOUBLE, $3::BOOLEAN, $4::VARCHAR', [text, 2.5, true, null])).toEqual([
      [text, 2.5, true, null],
    ]);
  });

  it('gives BIGINT as number', async () => {
    expect(await database.rows('SELECT 1782777600000::BIGINT')).toEqual([[1_782_777_600_000]]);
  });

  it('streams all rows of a result larger than one chunk, in order', async () => {
    const numbers: number[] = [];
    let chunkCount = 0;
    for await (const chunk of database.chunks('SELECT i::DOUBLE FROM range(5000) t(i) ORDER BY i')) {
      chunkCount += 1;
      numbers.push(...chunk.numbers(0));
    }
    expect(chunkCount).toBeGreaterThan(1);
    expect(numbers).toHaveLength(5000);
    expect(numbers[4999]).toBe(4999);
  });

  it('reads missing numbers as NaN and missing texts as null', async () => {
    for await (const chunk of database.chunks(`SELECT * FROM (VALUES (1.5::DOUBLE, 'a'), (NULL, NULL)) t(n, s)`)) {
      expect([...chunk.numbers(0)]).toEqual([1.5, Number.NaN]);
      expect(chunk.texts(1)).toEqual(['a', null]);
    }
  });

  it('appends columns of any length and keeps missing values missing', async () => {
    await database.run('CREATE TABLE t (i INTEGER, d DOUBLE, s VARCHAR)');
    const count = 2050;
    await database.append('t', [
      { kind: 'integer', values: Int32Array.from({ length: count }, (_, i) => i) },
      { kind: 'double', values: Float64Array.from({ length: count }, (_, i) => (i === 2049 ? Number.NaN : i / 2)) },
      { kind: 'text', values: Array.from({ length: count }, (_, i) => (i === 0 ? undefined : `ü${i}`)) },
    ]);
    expect(await database.rows('SELECT count(*), count(d), count(s), sum(i) FROM t')).toEqual([
      [2050, 2049, 2049, 2_100_225],
    ]);
    expect(await database.rows('SELECT i, d, s FROM t WHERE i IN (0, 1, 2049) ORDER BY i')).toEqual([
      [0, 0, null],
      [1, 0.5, 'ü1'],
      [2049, null, 'ü2049'],
    ]);
  });

  it('refuses to append columns of different lengths', async () => {
    await database.run('CREATE TABLE t (i INTEGER, d DOUBLE)');
    const work = database.append('t', [
      { kind: 'integer', values: [1, 2] },
      { kind: 'double', values: [1] },
    ]);
    await expect(work).rejects.toThrow('columns differ in length');
  });

  it('reads times without a zone as UTC', async () => {
    expect(await database.rows(`SELECT epoch_ms('1970-01-02 00:00:00'::TIMESTAMPTZ)`)).toEqual([[86_400_000]]);
  });

  it('quotes texts and names so that they come back as they are', async () => {
    const name = `we"ird 'name`;
    expect(await database.rows(`SELECT ${sqlName(name)} FROM (SELECT ${sqlText(name)} AS ${sqlName(name)})`)).toEqual([
      [name],
    ]);
  });
});
