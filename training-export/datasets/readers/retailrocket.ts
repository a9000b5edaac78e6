import {
  ACCEPTED_EVENTS,
  column,
  type DatasetReader,
  derivedFrom,
  type EntityRows,
  expression,
  findColumn,
  type ItemField,
  type ReaderInput,
  type ReaderOutput,
  requireColumns,
} from '../reader.ts';
import { ROW_COLUMN, type StagedFile } from '../source-file.ts';

/**
 * Retailrocket's e-commerce clickstream, in the layout published (`visitorid`, `itemid`, `transactionid`, milliseconds) or the
 * one of session-based research (`user`, `item`, seconds).
 *
 * Of the item properties only category and availability are readable (the others are hashed); both are taken at their latest value.
 */
export const retailrocketReader: DatasetReader = {
  description: 'Retailrocket: events.csv, optionally item_properties_part1/2.csv and category_tree.csv',
  files: [
    { role: 'events', names: ['events.csv'], isRequired: true },
    { role: 'properties1', names: ['item_properties_part1.csv'], isRequired: false },
    { role: 'properties2', names: ['item_properties_part2.csv'], isRequired: false },
    { role: 'categoryTree', names: ['category_tree.csv'], isRequired: false },
  ],
  async read(input): Promise<ReaderOutput> {
    const file = await input.stageRequired('events');
    const isPublished = findColumn(file, 'visitorid') !== undefined;
    requireColumns(file, ['timestamp', 'event', ...(isPublished ? ['visitorid', 'itemid'] : ['user', 'item'])]);
    const items = await readProperties(input, file);
    return {
      events: {
        file,
        columns: {
          timestamp: column(file, 'timestamp'),
          event: column(file, 'event'),
          user_id: column(file, isPublished ? 'visitorid' : 'user'),
          item_id: column(file, isPublished ? 'itemid' : 'item'),
          ...(findColumn(file, 'transactionid') === undefined ? {} : { event_id: column(file, 'transactionid') }),
        },
      },
      ...(items === undefined ? {} : { items }),
      notes:
        items === undefined
          ? ['No item properties were given: products have no category and all count as available.']
          : [
              'Categories and availability are the latest of the item properties; the other properties are hashed and left out.',
            ],
    };
  },
};

async function readProperties(input: ReaderInput, events: StagedFile): Promise<EntityRows<ItemField> | undefined> {
  const parts: StagedFile[] = [];
  for (const role of ['properties1', 'properties2']) {
    const part = await input.stage(role);
    if (part === undefined) continue;
    requireColumns(part, ['timestamp', 'itemid', 'property', 'value']);
    parts.push(part);
  }
  const first = parts[0];
  if (first === undefined) return undefined;
  const tree = await input.stage('categoryTree');
  if (tree !== undefined) requireColumns(tree, ['categoryid', 'parentid']);
  await createPaths(input, tree);
  const rows = parts.map(
    ({ table }) => `SELECT itemid, property, value, TRY_CAST(timestamp AS DOUBLE) AS at_ms FROM ${table}
      WHERE property IN ('categoryid', 'available')`,
  );
  const item = column(events, findColumn(events, 'itemid') ?? 'item').sql;
  return {
    file: derivedFrom(first),
    from: `(SELECT min(e.${ROW_COLUMN}) AS ${ROW_COLUMN}, e.item_id, any_value(coalesce(paths.path, latest.category)) AS category, any_value(available) AS available
      FROM (SELECT ${ROW_COLUMN}, ${item} AS item_id FROM ${events.table} SEMI JOIN ${ACCEPTED_EVENTS} a ON a."row" = ${ROW_COLUMN}) e
      JOIN (SELECT itemid, max_by(value, at_ms) FILTER (property = 'categoryid') AS category,
        max_by(value, at_ms) FILTER (property = 'available') AS available FROM (${rows.join(' UNION ALL ')}) GROUP BY itemid) latest ON latest.itemid = e.item_id
      LEFT JOIN category_paths paths ON paths.id = latest.category GROUP BY e.item_id)`,
    columns: {
      item_id: expression('itemid', 'item_id'),
      category: expression('value', 'category'),
      available: expression('value', 'available'),
    },
    attributes: [],
  };
}

/** Deeper than any shop's tree; stops a tree that bites its tail. */
const MAX_DEPTH = 20;

async function createPaths({ database }: ReaderInput, tree: StagedFile | undefined): Promise<void> {
  if (tree === undefined) {
    await database.run('CREATE TEMP TABLE category_paths (id VARCHAR, path VARCHAR)');
    return;
  }
  await database.run(
    `CREATE TEMP TABLE category_paths AS WITH RECURSIVE paths(id, path, depth) AS (
       SELECT categoryid, categoryid, 1 FROM ${tree.table} WHERE parentid IS NULL
       UNION ALL SELECT t.categoryid, p.path || ' > ' || t.categoryid, p.depth + 1 FROM ${tree.table} t JOIN paths p ON t.parentid = p.id
         WHERE p.depth < ${MAX_DEPTH})
     SELECT id, min(path) AS path FROM paths GROUP BY id`,
  );
}
