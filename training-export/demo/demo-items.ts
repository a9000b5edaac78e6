import type { ItemRecord } from '../../features/catalogue/catalogue.ts';
import { MS_PER_DAY } from '../../features/core/clock.ts';
import type { SeededRandom } from '../../features/core/seeded-random.ts';
import { type CategoryWords, DEPARTMENTS, type DepartmentWords } from './demo-departments.ts';
import type { DemoParameters } from './demo-parameters.ts';
import { COLOURS, STYLE_WORDS, STYLES } from './demo-vocabulary.ts';
import { type DemoCategory, type DemoWorld, TASTE_DIM } from './demo-world.ts';

/** Shares that make the catalogue move: products launched during the simulated time, and sold out before its last tenth. */
const LAUNCHED_RATIO = 0.15;
const SOLD_OUT_RATIO = 0.03;

/** Steepness of the popularity curve within a category: popularity falls with the rank to this power. */
const POPULARITY_EXPONENT = 0.3;

interface Brand {
  readonly name: string;
  readonly priceLevel: number;
  readonly style: Float64Array;
}

type DemoCatalogue = Omit<DemoWorld, 'parameters' | 'startAtMs' | 'bestsellers' | 'shoppers'>;

/** One leaf of the category tree before its products are made. */
interface Shelf {
  readonly department: DepartmentWords;
  readonly words: CategoryWords;
  readonly brands: readonly Brand[];
}

/** Makes categories and products: styles that follow from brand and chance, prices, popularity, launches and sell-outs. */
export function createDemoItems(parameters: DemoParameters, random: SeededRandom): DemoCatalogue {
  const shelves: Shelf[] = DEPARTMENTS.flatMap((department) => {
    const brands = department.brands.map((name) => createBrand(name, random));
    return department.categories.map((words) => ({ department, words, brands }));
  });
  const sizes = shareOut(
    parameters.itemCount,
    shelves.map(() => Math.exp(0.5 * random.nextNormal())),
  );
  const builder = new CatalogueBuilder(parameters, random);
  shelves.forEach((shelf, category) => {
    builder.addCategory(shelf, sizes[category]!);
  });
  return builder.catalogue;
}

class CatalogueBuilder {
  readonly catalogue: DemoCatalogue;
  private readonly categories: DemoCategory[] = [];
  private readonly items: ItemRecord[] = [];
  private readonly titles = new Set<string>();
  private readonly random: SeededRandom;
  private readonly startAtMs: number;
  private readonly durationMs: number;

  constructor({ itemCount, days, endAtMs }: DemoParameters, random: SeededRandom) {
    this.random = random;
    this.durationMs = days * MS_PER_DAY;
    this.startAtMs = endAtMs - this.durationMs;
    this.catalogue = {
      categories: this.categories,
      items: this.items,
      itemCategory: new Int32Array(itemCount),
      itemStyle: new Float64Array(itemCount * TASTE_DIM),
      itemPriceLevel: new Float64Array(itemCount),
      itemPopularity: new Float64Array(itemCount),
      onSaleFromMs: new Float64Array(itemCount).fill(Number.NEGATIVE_INFINITY),
      onSaleUntilMs: new Float64Array(itemCount).fill(Number.POSITIVE_INFINITY),
    };
  }

  addCategory(shelf: Shelf, size: number): void {
    const { department, words } = shelf;
    const firstRow = this.items.length;
    const rows = Array.from({ length: size }, (_, i) => firstRow + i);
    const ranks = Int32Array.from(rows.keys());
    this.random.shuffle(ranks);
    const path = `${department.name} > ${words.name}`;
    rows.forEach((row, i) => {
      this.catalogue.itemCategory[row] = this.categories.length;
      this.catalogue.itemPopularity[row] = -POPULARITY_EXPONENT * Math.log(ranks[i]! + 1.5);
      this.addItem(shelf, row, path);
    });
    this.categories.push({ path, isConsumable: department.isConsumable, words, items: rows });
  }

  private addItem(shelf: Shelf, row: number, category: string): void {
    const { random } = this;
    const brand = shelf.brands[random.nextInt(shelf.brands.length)]!;
    const style = random.nextInt(TASTE_DIM);
    this.catalogue.itemStyle.set(itemStyle(brand, style, random), row * TASTE_DIM);
    const priceLevel = 0.6 * brand.priceLevel + 0.8 * random.nextNormal();
    this.catalogue.itemPriceLevel[row] = priceLevel;
    const { createdAtMs, isSoldOut } = this.drawLifetime(row);
    this.items.push({
      itemId: `p${10_000 + row}`,
      category,
      brand: brand.name,
      price: shelfPrice(shelf.words.price * Math.exp(0.35 * priceLevel)),
      currency: 'EUR',
      isAvailable: !isSoldOut,
      createdAtMs,
      ...describeItem({ shelf, brand, style, titles: this.titles, random }),
    });
  }

  /** Older products came over two years, new ones up to a tenth before the end, so that each has had some days on sale. */
  private drawLifetime(row: number): { createdAtMs: number; isSoldOut: boolean } {
    const { random, startAtMs, durationMs } = this;
    if (random.next() < LAUNCHED_RATIO) {
      const launchedAtMs = Math.round(startAtMs + random.next() * 0.9 * durationMs);
      this.catalogue.onSaleFromMs[row] = launchedAtMs;
      return { createdAtMs: launchedAtMs, isSoldOut: false };
    }
    const isSoldOut = random.next() < SOLD_OUT_RATIO / (1 - LAUNCHED_RATIO);
    if (isSoldOut) this.catalogue.onSaleUntilMs[row] = startAtMs + (0.4 + 0.45 * random.next()) * durationMs;
    return { createdAtMs: Math.round(startAtMs - random.next() * 730 * MS_PER_DAY), isSoldOut };
  }
}

function createBrand(name: string, random: SeededRandom): Brand {
  const style = new Float64Array(TASTE_DIM).map(() => 0.25 * random.nextNormal());
  style[random.nextInt(TASTE_DIM)]! += 1;
  return { name, priceLevel: random.nextNormal(), style };
}

function itemStyle(brand: Brand, style: number, random: SeededRandom): Float64Array {
  const embedding = brand.style.map((value) => 0.8 * value + 0.2 * random.nextNormal());
  embedding[style]! += 1;
  const length = Math.hypot(...embedding);
  return embedding.map((value) => value / length);
}

interface ItemWords {
  readonly shelf: Shelf;
  readonly brand: Brand;
  readonly style: number;
  readonly titles: Set<string>;
  readonly random: SeededRandom;
}

function describeItem(item: ItemWords): Required<Pick<ItemRecord, 'title' | 'attributes'>> {
  const { brand, titles, random } = item;
  const { department, words } = item.shelf;
  const pick = <T>(values: readonly T[]): T => values[random.nextInt(values.length)]!;
  const style = STYLES[item.style]!;
  const variant = pick(words.variants);
  const colour = pick(COLOURS);
  const plain = `${brand.name} ${pick(STYLE_WORDS[department.kind][style])} ${variant} ${pick(words.nouns)}`;
  const suffixes = department.kind === 'consumable' ? ['', ', Large', ', Family Size'] : ['', `, ${colour}`];
  let title = suffixes.map((suffix) => plain + suffix).find((candidate) => !titles.has(candidate));
  for (let edition = 2; title === undefined; edition++) {
    const numbered = `${plain} No. ${edition}`;
    if (!titles.has(numbered)) title = numbered;
  }
  titles.add(title);
  const attributes = { style, variant, ...(department.kind === 'consumable' ? {} : { colour }) };
  return { title, attributes };
}

/** Prices as shops write them: x.99 below 20, x.90 below 100, whole tens less one above. */
function shelfPrice(price: number): number {
  if (price < 20) return Math.max(1, Math.round(price)) - 0.01;
  if (price < 100) return Math.round((Math.round(price) - 0.1) * 100) / 100;
  return Math.round(price / 10) * 10 - 1;
}

/** Whole numbers in proportion to weights, at least 1 each, with the given sum. */
function shareOut(total: number, weights: readonly number[]): number[] {
  const sum = weights.reduce((a, b) => a + b, 0);
  let shared = 0;
  let cumulated = 0;
  return weights.map((weight, i) => {
    cumulated += weight;
    const after = weights.length - 1 - i;
    const share = Math.max(1, Math.min(Math.round((total * cumulated) / sum) - shared, total - shared - after));
    shared += share;
    return share;
  });
}
