import type { Catalogue } from '../../../features/catalogue/catalogue.ts';
import type { ItemPredicate } from '../candidate-tests.ts';
import type { CandidateFilter } from '../stage.ts';

const CATEGORY_SEPARATOR = ' > ';

/** Keeps what meets all conditions of the query. Missing: an item without category, brand or price meets no condition on it. */
export const queryFilter: CandidateFilter = {
  reason: 'query_filter',
  predicateFor({ query, context }) {
    const { category, brand, minPrice, maxPrice } = query.filter;
    const { catalogue } = context.model;
    const tests: ItemPredicate[] = [];
    if (brand !== undefined) tests.push(isOfBrand(brand, catalogue));
    if (minPrice !== undefined || maxPrice !== undefined) {
      const [low, high] = [minPrice ?? Number.NEGATIVE_INFINITY, maxPrice ?? Number.POSITIVE_INFINITY];
      tests.push((item) => catalogue.priceOf(item) >= low && catalogue.priceOf(item) <= high);
    }
    if (category !== undefined) tests.push(isBelow(category, catalogue));
    return tests.length <= 1 ? tests[0] : (item) => tests.every((test) => test(item));
  },
};

function isOfBrand(brand: string, catalogue: Catalogue): ItemPredicate {
  const number = catalogue.brandNumberOf(brand);
  return (item) => number >= 0 && catalogue.codeOf(item, 'brand') === number;
}

/** Items of a category share a number, so the path is compared once per category met. */
function isBelow(path: string, catalogue: Catalogue): ItemPredicate {
  const prefix = path + CATEGORY_SEPARATOR;
  const answers = new Map<number, boolean>();
  return (item) => {
    const number = catalogue.codeOf(item, 'category');
    let answer = answers.get(number);
    if (answer === undefined) {
      const category = catalogue.categories[item];
      answer = category !== undefined && (category === path || category.startsWith(prefix));
      answers.set(number, answer);
    }
    return answer;
  };
}
