import { ACCEPTED_EVENTS, column, type DatasetReader, derivedFrom, expression, type ReaderOutput } from '../reader.ts';
import { ROW_COLUMN } from '../source-file.ts';

/** Taobao UserBehavior: a CSV without a header; pv, cart, fav and buy are views, carts, wish lists and purchases. */
export const taobaoReader: DatasetReader = {
  description: 'Taobao UserBehavior: UserBehavior.csv without a header',
  files: [{ role: 'events', names: ['UserBehavior.csv', '43users.csv', 'stream96k.csv'], isRequired: true }],
  async read({ stageRequired }): Promise<ReaderOutput> {
    const columns = ['user', 'item', 'category', 'behaviour', 'timestamp'];
    const file = await stageRequired('events', { columns, delimiter: ',' });
    const item = column(file, 'item');
    return {
      events: {
        file,
        columns: {
          timestamp: column(file, 'timestamp'),
          event: column(file, 'behaviour'),
          user_id: column(file, 'user'),
          item_id: item,
        },
      },
      items: {
        file: derivedFrom(file),
        from: `(SELECT min(${ROW_COLUMN}) AS ${ROW_COLUMN}, ${item.sql} AS item_id, max_by(${column(file, 'category').sql}, ${ROW_COLUMN}) AS category
          FROM ${file.table} SEMI JOIN ${ACCEPTED_EVENTS} a ON a."row" = ${ROW_COLUMN} GROUP BY 2)`,
        columns: { item_id: expression('item', 'item_id'), category: expression('category', 'category') },
        attributes: [],
      },
      notes: ['The shop is in UTC+8; times are kept in UTC.'],
    };
  },
};
