import { column, type DatasetReader, expression, type ReaderOutput } from '../reader.ts';
import { ROW_COLUMN } from '../source-file.ts';

/** The sequences carry no times; each step of a shopper is put a day after the one before, from here on. */
const FIRST_STEP_AT_MS = Date.UTC(2014, 0, 1);
const STEP_MS = 86_400_000;

/** Amazon reviews as sequences (`user item item ...`): reviews are `purchase` events in the order given, at made-up times. */
export const amazonSequencesReader: DatasetReader = {
  description: 'Amazon reviews as sequences: sequences.txt, optionally item-attributes.json',
  files: [
    { role: 'events', names: ['sequences.txt'], isRequired: true },
    { role: 'items', names: ['item-attributes.json'], isRequired: false },
  ],
  async read({ database, stage, stageRequired }): Promise<ReaderOutput> {
    // No line holds the delimiter: each comes as one column.
    const lines = await stageRequired('events', { columns: ['line'], delimiter: '\u0001' });
    const words = `string_split_regex(trim(line), '\\s+')`;
    await database.run(
      `CREATE TEMP TABLE sequence_steps AS SELECT row_number() OVER (ORDER BY ${ROW_COLUMN}, step) AS ${ROW_COLUMN}, * EXCLUDE (${ROW_COLUMN}) FROM (
         SELECT ${ROW_COLUMN}, ${words}[1] AS user_id, unnest(${words}[2:]) AS item_id, generate_subscripts(${words}[2:], 1) AS step FROM ${lines.table})`,
    );
    const [[stepCount] = [0]] = await database.rows('SELECT count(*) FROM sequence_steps');
    const file = {
      ...lines,
      table: 'sequence_steps',
      columns: ['user_id', 'item_id', 'step'],
      rowCount: Number(stepCount),
    };
    const attributes = await stage('items', { columns: ['json'], delimiter: '\u0001' });
    return {
      events: {
        file,
        columns: {
          timestamp: expression('(step)', `make_timestamp_ms(${FIRST_STEP_AT_MS} + step * ${STEP_MS})::VARCHAR`),
          event: expression('(review)', `'purchase'`),
          user_id: column(file, 'user_id'),
          item_id: column(file, 'item_id'),
        },
      },
      ...(attributes === undefined
        ? {}
        : {
            items: {
              file: attributes,
              from: `(SELECT row_number() OVER () AS ${ROW_COLUMN}, entry.key AS item_id, array_to_string(entry.value, '|') AS attributes
                FROM (SELECT unnest(map_entries(json::JSON::MAP(VARCHAR, VARCHAR[]))) AS entry FROM ${attributes.table}))`,
              columns: { item_id: expression('key', 'item_id') },
              attributes: [expression('attributes', `nullif(attributes, '')`)],
            },
          }),
      notes: [
        'The source has no times: steps of a shopper are put a day apart, so splits by time mean splits by position.',
      ],
    };
  },
};
