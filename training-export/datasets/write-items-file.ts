import type { ItemRecord } from '../../features/catalogue/catalogue.ts';
import { isSensitiveAttribute } from '../../features/schema/sensitive-attributes.ts';
import { type AppendColumn, type DuckDatabase, sqlName, sqlText } from './duckdb.ts';
import { ITEM_FIELDS } from './reader.ts';

const TABLE = 'store_items';
const ITEMS_PER_BATCH = 5_000;
/** Further columns of one file; the rest is left out and noted. */
const MAX_ATTRIBUTES = 200;

/**
 * Writes products as the `items.parquet` of the plain layout, attributes as further columns; nothing when there are none.
 *
 * Left out, and noted: deleted products, attributes that the importer refuses or cannot tell from another column.
 *
 * @param items read twice: the columns are what all products together have
 */
export async function writeItemsFile(
  database: DuckDatabase,
  items: () => AsyncIterable<ItemRecord>,
  path: string,
  onProgress: (count: number) => void,
): Promise<{ itemCount: number; notes: string[] }> {
  const { names, notes } = await attributeNamesOf(items());
  const texts = ['item_id', 'title', 'category', 'brand', 'currency', 'available', ...names];
  const declared = [...texts.map((_, i) => `t${i} VARCHAR`), 'price DOUBLE', 'created_at DOUBLE'];
  await database.run(`CREATE TEMP TABLE ${TABLE} (${declared.join(', ')})`);
  let itemCount = 0;
  let batch: ItemRecord[] = [];
  const flush = async (): Promise<void> => {
    await database.append(TABLE, columnsOf(batch, names));
    itemCount += batch.length;
    batch = [];
    onProgress(itemCount);
  };
  for await (const item of items()) {
    if (item.isDeleted === true) continue;
    batch.push(item);
    if (batch.length === ITEMS_PER_BATCH) await flush();
  }
  if (batch.length > 0) await flush();
  if (itemCount === 0) return { itemCount, notes };
  const selected = texts.map((name, i) => `t${i}${name === 'available' ? '::BOOLEAN' : ''} AS ${sqlName(name)}`);
  await database.run(
    `COPY (SELECT ${[...selected, 'price', 'created_at::BIGINT AS created_at'].join(', ')} FROM ${TABLE} ORDER BY t0)
     TO ${sqlText(path)} (FORMAT parquet, COMPRESSION zstd)`,
  );
  return { itemCount, notes };
}

async function attributeNamesOf(items: AsyncIterable<ItemRecord>): Promise<{ names: string[]; notes: string[] }> {
  const found = new Set<string>();
  for await (const { attributes = {} } of items) for (const name of Object.keys(attributes)) found.add(name);
  const taken = new Set<string>(ITEM_FIELDS);
  const names: string[] = [];
  const notes: string[] = [];
  for (const name of [...found].sort()) {
    // Columns of one name in two spellings are one to DuckDB and to the importer.
    const column = name.trim().toLowerCase();
    const reason = isSensitiveAttribute(name)
      ? 'its name is sensitive'
      : column === '' || taken.has(column)
        ? 'another column has the name'
        : names.length === MAX_ATTRIBUTES
          ? `there are more than ${MAX_ATTRIBUTES}`
          : undefined;
    if (reason !== undefined) {
      notes.push(`attribute ${JSON.stringify(name.slice(0, 60))} of products was left out: ${reason}`);
      continue;
    }
    taken.add(column);
    names.push(name);
  }
  return { names, notes };
}

function columnsOf(items: readonly ItemRecord[], names: readonly string[]): AppendColumn[] {
  const text = (read: (item: ItemRecord) => string | undefined): AppendColumn => ({
    kind: 'text',
    values: items.map(read),
  });
  const double = (read: (item: ItemRecord) => number | undefined): AppendColumn => ({
    kind: 'double',
    values: items.map((item) => read(item) ?? Number.NaN),
  });
  return [
    text((item) => item.itemId),
    text((item) => item.title),
    text((item) => item.category),
    text((item) => item.brand),
    text((item) => item.currency),
    text((item) => String(item.isAvailable)),
    ...names.map((name) =>
      text(({ attributes = {} }) => (Object.hasOwn(attributes, name) ? attributes[name] : undefined)),
    ),
    double((item) => item.price),
    double((item) => item.createdAtMs),
  ];
}
