import { column, type DatasetReader, expression, findColumn, type ReaderOutput, requireColumns } from '../reader.ts';
import { ROW_COLUMN, type StagedFile } from '../source-file.ts';

/** The Complete Journey: grocery baskets of households; a basket is one purchase event and one session. */
export const completejourneyReader: DatasetReader = {
  description: 'The Complete Journey: transactions.csv, products.csv, demographics.csv',
  files: [
    { role: 'events', names: ['transactions.csv', 'transactions_sample.csv'], isRequired: true },
    { role: 'items', names: ['products.csv'], isRequired: false },
    { role: 'users', names: ['demographics.csv'], isRequired: false },
  ],
  async read({ stage, stageRequired }): Promise<ReaderOutput> {
    const file = await stageRequired('events');
    const needed = ['household_id', 'basket_id', 'product_id', 'quantity', 'sales_value', 'transaction_timestamp'];
    requireColumns(file, needed);
    const items = await stage('items');
    const users = await stage('users');
    const basket = column(file, 'basket_id');
    const quantity = `nullif(TRY_CAST(${column(file, 'quantity').sql} AS DOUBLE), 0)`;
    const lineValue = column(file, 'sales_value').sql;
    return {
      events: {
        file,
        columns: {
          timestamp: column(file, 'transaction_timestamp'),
          event: expression('(transaction)', `'purchase'`),
          user_id: column(file, 'household_id'),
          item_id: column(file, 'product_id'),
          session_id: basket,
          price: expression('sales_value', `(TRY_CAST(${lineValue} AS DOUBLE) / coalesce(${quantity}, 1))::VARCHAR`),
          quantity: expression('quantity', `${quantity}::VARCHAR`),
          event_id: basket,
        },
      },
      ...(items === undefined ? {} : { items: productRows(items) }),
      ...(users === undefined ? {} : { users: householdRows(users) }),
      notes: ['Prices are sales value by quantity, so after discounts.'],
    };
  },
};

function productRows(file: StagedFile): NonNullable<ReaderOutput['items']> {
  requireColumns(file, ['product_id', 'department', 'brand', 'product_category', 'product_type']);
  const levels = ['department', 'product_category', 'product_type'].map((name) => column(file, name).sql);
  return {
    file,
    from: file.table,
    columns: {
      item_id: column(file, 'product_id'),
      title: column(file, 'product_type'),
      category: expression('department', `nullif(concat_ws(' > ', ${levels.join(', ')}), '')`),
    },
    attributes: ['brand', 'manufacturer_id', 'package_size']
      .filter((name) => findColumn(file, name) !== undefined)
      .map((name) => expression(name === 'brand' ? 'label' : name, column(file, name).sql)),
  };
}

function householdRows(file: StagedFile): NonNullable<ReaderOutput['users']> {
  requireColumns(file, ['household_id']);
  return {
    file,
    from: `(SELECT ${ROW_COLUMN}, * EXCLUDE (${ROW_COLUMN}) FROM ${file.table})`,
    columns: { user_id: column(file, 'household_id') },
    attributes: file.columns.filter((name) => name !== 'household_id').map((name) => column(file, name)),
  };
}
