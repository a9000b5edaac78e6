import {
  ACCEPTED_EVENTS,
  column,
  type DatasetReader,
  derivedFrom,
  expression,
  type ReaderOutput,
  requireColumns,
} from '../reader.ts';
import { ROW_COLUMN } from '../source-file.ts';

/** REES46's multi-category and cosmetics shops: products take their latest category, brand and price from the events. */
export const rees46Reader: DatasetReader = {
  description: 'REES46 eCommerce behaviour: one CSV of events',
  files: [
    {
      role: 'events',
      names: ['events.csv', '2019-Oct.csv', '2019-Nov.csv', '2019-Oct-first17k.csv'],
      isRequired: true,
    },
  ],
  async read({ stageRequired }): Promise<ReaderOutput> {
    const file = await stageRequired('events');
    requireColumns(file, [
      'event_time',
      'event_type',
      'product_id',
      'category_id',
      'category_code',
      'brand',
      'price',
      'user_id',
    ]);
    const latest = (sql: string): string => `max_by(${sql}, ${ROW_COLUMN}) FILTER (${sql} IS NOT NULL)`;
    const text = (name: string): string => column(file, name).sql;
    return {
      events: {
        file,
        columns: {
          timestamp: column(file, 'event_time'),
          event: column(file, 'event_type'),
          user_id: column(file, 'user_id'),
          item_id: column(file, 'product_id'),
          ...(file.columns.includes('user_session') ? { session_id: column(file, 'user_session') } : {}),
          price: column(file, 'price'),
        },
      },
      items: {
        file: derivedFrom(file),
        from: `(SELECT min(${ROW_COLUMN}) AS ${ROW_COLUMN}, ${text('product_id')} AS item_id,
          coalesce(${latest(`replace(${text('category_code')}, '.', ' > ')`)}, ${latest(text('category_id'))}) AS category,
          ${latest(text('brand'))} AS brand, ${latest(text('price'))} AS price
          FROM ${file.table} SEMI JOIN ${ACCEPTED_EVENTS} a ON a."row" = ${ROW_COLUMN} GROUP BY 2)`,
        columns: {
          item_id: expression('product_id', 'item_id'),
          category: expression('category_code', 'category'),
          brand: expression('brand', 'brand'),
          price: expression('price', 'price'),
        },
        attributes: [],
      },
      notes: ['Products without a category code keep the category id as category.'],
    };
  },
};
