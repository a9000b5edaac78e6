import { column, type DatasetReader, expression, type ReaderOutput } from '../reader.ts';
import type { StagedFile } from '../source-file.ts';

const layout = (columns: readonly string[]) => ({ columns, delimiter: '::', encoding: 'latin-1' as const });

/**
 * MovieLens 1M: a rating is a `view_item` whose `value` is the rating; title, year and genres of the film, gender, age, occupation
 * and zip code of the user become attributes.
 */
export const movielensReader: DatasetReader = {
  description: 'MovieLens 1M: ratings.dat, movies.dat, users.dat',
  files: [
    { role: 'events', names: ['ratings.dat'], isRequired: true },
    { role: 'items', names: ['movies.dat'], isRequired: false },
    { role: 'users', names: ['users.dat'], isRequired: false },
  ],
  async read({ stage, stageRequired }): Promise<ReaderOutput> {
    const ratings = await stageRequired('events', layout(['UserID', 'MovieID', 'Rating', 'Timestamp']));
    const movies = await stage('items', layout(['MovieID', 'Title', 'Genres']));
    const users = await stage('users', layout(['UserID', 'Gender', 'Age', 'Occupation', 'Zip-code']));
    return {
      events: {
        file: ratings,
        columns: {
          timestamp: column(ratings, 'Timestamp'),
          event: expression('(rating)', `'view_item'`),
          user_id: column(ratings, 'UserID'),
          item_id: column(ratings, 'MovieID'),
          value: column(ratings, 'Rating'),
        },
      },
      ...(movies === undefined ? {} : { items: movieRows(movies) }),
      ...(users === undefined ? {} : { users: userRows(users) }),
      notes: ['Ratings are view_item events; their value is the rating, 1 to 5, not an amount of money.'],
    };
  },
};

function movieRows(file: StagedFile): NonNullable<ReaderOutput['items']> {
  return {
    file,
    from: file.table,
    columns: { item_id: column(file, 'MovieID'), title: column(file, 'Title') },
    attributes: [
      expression('year', `nullif(regexp_extract("Title", '\\((\\d{4})\\)\\s*$', 1), '')`),
      expression('genres', column(file, 'Genres').sql),
    ],
  };
}

function userRows(file: StagedFile): NonNullable<ReaderOutput['users']> {
  const renamed = { gender: 'Gender', age: 'Age', occupation: 'Occupation', zip: 'Zip-code' };
  return {
    file,
    from: file.table,
    columns: { user_id: column(file, 'UserID') },
    attributes: Object.entries(renamed).map(([name, from]) => expression(name, column(file, from).sql)),
  };
}
