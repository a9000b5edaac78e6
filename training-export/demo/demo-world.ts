import type { ItemRecord } from '../../features/catalogue/catalogue.ts';
import type { CategoryWords } from './demo-departments.ts';
import type { DemoParameters } from './demo-parameters.ts';
import { STYLES } from './demo-vocabulary.ts';

/** Dimensions of the taste space. */
export const TASTE_DIM = STYLES.length;

export interface DemoCategory {
  /** `department > category`. */
  readonly path: string;
  readonly isConsumable: boolean;
  readonly words: CategoryWords;
  /** Catalogue rows. */
  readonly items: readonly number[];
}

export interface DemoShopper {
  readonly userId: string;
  readonly attributes: ReadonlyMap<string, string>;
  /** Liking of each style, `[TASTE_DIM]`. */
  readonly taste: Float64Array;
  /** Log of the long-term interest in each category. */
  readonly categoryInterest: Float64Array;
  /** Price level looked for, in standard deviations of a category's prices. */
  readonly pricePreference: number;
  readonly sessionsPerDay: number;
  /** Probability that a session is meant to buy. */
  readonly purchaseIntent: number;
  readonly activeFromMs: number;
}

/** The hidden truth of the demo shop: what products are like and what shoppers like. Columns are by catalogue row. */
export interface DemoWorld {
  readonly parameters: DemoParameters;
  readonly startAtMs: number;
  readonly categories: readonly DemoCategory[];
  readonly items: readonly ItemRecord[];
  readonly itemCategory: Int32Array;
  /** `[itemCount, TASTE_DIM]`, rows of length 1. */
  readonly itemStyle: Float64Array;
  /** In standard deviations within the category. */
  readonly itemPriceLevel: Float64Array;
  /** Log of how much more the product is bought than its like. */
  readonly itemPopularity: Float64Array;
  /** The products by popularity, most popular first, as far as the home page's list goes. */
  readonly bestsellers: readonly number[];
  /** On sale from .. until, epoch milliseconds; infinite when before or after the simulated time. */
  readonly onSaleFromMs: Float64Array;
  readonly onSaleUntilMs: Float64Array;
  readonly shoppers: readonly DemoShopper[];
}
