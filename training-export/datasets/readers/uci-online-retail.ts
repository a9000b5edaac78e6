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

/** Stock codes that stand for postage, fees, discounts, samples and corrections. */
const NON_PRODUCT_CODES = [
  ...['POST', 'D', 'M', 'DOT', 'BANK CHARGES', 'CRUK', 'S', 'AMAZONFEE', 'C2', 'B', 'PADS'],
  ...['ADJUST', 'ADJUST2', 'GIFT', 'TEST001', 'TEST002'],
];

/**
 * UCI Online Retail: an invoice is one purchase event and one session, a cancelled invoice (C...) a refund.
 *
 * A quarter of the rows has no customer: they keep the invoice as session. Invoice times have no zone and are taken as UTC.
 */
export const uciOnlineRetailReader: DatasetReader = {
  description: 'UCI Online Retail: online_retail.csv',
  files: [{ role: 'events', names: ['online_retail.csv', 'OnlineRetail.csv', 'Online Retail.csv'], isRequired: true }],
  async read({ stageRequired }): Promise<ReaderOutput> {
    const file = await stageRequired('events');
    requireColumns(file, [
      'InvoiceNo',
      'StockCode',
      'Description',
      'Quantity',
      'InvoiceDate',
      'UnitPrice',
      'CustomerID',
    ]);
    const { sql: customer } = column(file, 'CustomerID');
    const user = `regexp_replace(${customer}, '\\.0$', '')`;
    const invoice = column(file, 'InvoiceNo');
    const code = column(file, 'StockCode');
    const price = column(file, 'UnitPrice');
    const accepted = `FROM ${file.table} SEMI JOIN ${ACCEPTED_EVENTS} a ON a."row" = ${ROW_COLUMN}`;
    return {
      events: {
        file,
        columns: {
          timestamp: column(file, 'InvoiceDate'),
          event: expression('InvoiceNo', `CASE WHEN ${invoice.sql} LIKE 'C%' THEN 'refund' ELSE 'purchase' END`),
          user_id: expression('CustomerID', user),
          item_id: code,
          session_id: invoice,
          price,
          quantity: expression('Quantity', `ltrim(${column(file, 'Quantity').sql}, '-')`),
          event_id: invoice,
        },
        leftOut: `CASE WHEN upper(${code.sql}) IN (${NON_PRODUCT_CODES.map((name) => `'${name}'`).join(', ')}) THEN 'not-a-product'
          WHEN TRY_CAST(${price.sql} AS DOUBLE) <= 0 THEN 'price-not-positive' END`,
      },
      items: {
        file: derivedFrom(file),
        from: `(SELECT min(${ROW_COLUMN}) AS ${ROW_COLUMN}, ${code.sql} AS item_id,
          max_by(${column(file, 'Description').sql}, ${ROW_COLUMN}) AS title, max_by(${price.sql}, ${ROW_COLUMN}) AS price ${accepted} GROUP BY 2)`,
        columns: {
          item_id: expression('StockCode', 'item_id'),
          title: expression('Description', 'title'),
          price: expression('UnitPrice', 'price'),
        },
        attributes: [],
      },
      users: {
        file: derivedFrom(file),
        from: `(SELECT min(${ROW_COLUMN}) AS ${ROW_COLUMN}, ${user} AS user_id, max_by("Country", ${ROW_COLUMN}) AS country
          FROM ${file.table} WHERE ${customer} IS NOT NULL GROUP BY 2)`,
        columns: { user_id: expression('CustomerID', 'user_id') },
        attributes: [expression('country', 'country')],
      },
      notes: [
        'Invoice times carry no time zone and were taken as UTC.',
        'Rows without a customer are known by their invoice as session.',
      ],
    };
  },
};
