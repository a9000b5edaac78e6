import type { Neighbours, NeighbourTable, Popularity, PopularityTable } from '../../features/catalogue/arrow-tables.ts';
import { Catalogue, type ItemRecord } from '../../features/catalogue/catalogue.ts';
import { MS_PER_DAY, MS_PER_MINUTE } from '../../features/core/clock.ts';
import { asItemId, asUserId, type ShopperKey, userKey } from '../../features/core/ids.ts';
import { SeededRandom } from '../../features/core/seeded-random.ts';
import { applyEvent, DEFAULT_PROFILE_POLICY } from '../../features/profile/apply-event.ts';
import type { EventType } from '../../features/profile/event.ts';
import { emptyProfile, type Profile } from '../../features/profile/profile.ts';
import type { FeatureStore } from '../../features/store/feature-store.ts';

export const SYNTHETIC_DEVICES = ['desktop', 'mobile', 'tablet'] as const;

/** How large a synthetic shop is. */
export interface SyntheticShopOptions {
  readonly itemCount: number;
  readonly seed: number;
  /** Share of products that can be sold. @defaultValue 0.97 */
  readonly availableRatio?: number;
  /** Neighbours of each product in each table. @defaultValue 20 */
  readonly neighbourCount?: number;
}

/** The moment synthetic catalogues are of: fixed, so that the same options give the same bundle. */
export const SYNTHETIC_AS_OF_MS = Date.UTC(2026, 0, 1);

const CHUNK_SHOPPERS = 2_000;
const HISTORY_DAYS = 60;
const LAUNCH_DAYS = 720;

/**
 * A shop of a stated size that nobody trained on: products with categories, brands and prices, what is popular and seen together, and
 * shoppers with histories made by the same event code as real ones.
 *
 * The same options give the same shop.
 */
export class SyntheticShop {
  readonly options: Required<SyntheticShopOptions>;
  readonly catalogue: Catalogue;
  /** Most wanted first. */
  readonly itemsByPopularity: Int32Array;
  private readonly itemsOfCategory: readonly (readonly number[])[];

  constructor(options: SyntheticShopOptions) {
    this.options = { availableRatio: 0.97, neighbourCount: 20, ...options };
    const random = new SeededRandom(this.options.seed);
    this.catalogue = Catalogue.from(syntheticItems(this.options, random));
    this.itemsByPopularity = Int32Array.from({ length: options.itemCount }, (_, item) => item);
    random.shuffle(this.itemsByPopularity);
    const ofCategory: number[][] = [];
    for (const item of this.itemsByPopularity) {
      const category = this.catalogue.codeOf(item, 'category');
      ofCategory[category] ??= [];
      ofCategory[category].push(item);
    }
    this.itemsOfCategory = ofCategory;
  }

  /** Name of the n-th shopper, as requests give it in `user_id`. */
  userId(shopper: number): string {
    return `shopper-${shopper}`;
  }

  shopperKey(shopper: number): ShopperKey {
    return userKey(asUserId(this.userId(shopper)));
  }

  /** What the n-th shopper did in the 60 days before a moment: 5 to 60 product views in a few categories, some carts and orders. */
  profile(shopper: number, nowMs: number): Profile {
    const random = new SeededRandom(Math.imul(this.options.seed + 1, 0x9e3779b1) ^ (shopper + 1));
    const profile = emptyProfile();
    const liked = Array.from({ length: 1 + random.nextInt(4) }, () => random.nextInt(this.itemsOfCategory.length));
    const device = SYNTHETIC_DEVICES[random.nextInt(SYNTHETIC_DEVICES.length)]!;
    const viewCount = 5 + random.nextInt(56);
    const moments = Float64Array.from({ length: viewCount }, () => random.next()).sort();
    for (const moment of moments) {
      const atMs = Math.floor(nowMs - (1 - moment) * HISTORY_DAYS * MS_PER_DAY) - MS_PER_MINUTE;
      const itemId = asItemId(this.catalogue.itemIds[this.draw(liked, random)]!);
      const apply = (type: EventType): boolean =>
        applyEvent(
          profile,
          { eventId: '', type, atMs, items: [{ itemId }], device },
          this.catalogue.facts,
          DEFAULT_PROFILE_POLICY,
        );
      apply('view_item');
      if (random.next() < 0.15) apply('add_to_cart');
      if (random.next() < 0.05) apply('purchase');
    }
    return profile;
  }

  /** Writes the first shoppers and all products, as `vitrine materialize` does. */
  async fillStore(
    store: Pick<FeatureStore, 'writeProfiles' | 'writeItems'>,
    shopperCount: number,
    nowMs: number = Date.now(),
  ): Promise<void> {
    for (let from = 0; from < shopperCount; from += CHUNK_SHOPPERS) {
      const count = Math.min(CHUNK_SHOPPERS, shopperCount - from);
      await store.writeProfiles(
        Array.from({ length: count }, (_, i) => [this.shopperKey(from + i), this.profile(from + i, nowMs)] as const),
      );
    }
    const { catalogue } = this;
    for (let from = 0; from < catalogue.size; from += CHUNK_SHOPPERS) {
      const count = Math.min(CHUNK_SHOPPERS, catalogue.size - from);
      await store.writeItems(Array.from({ length: count }, (_, i) => catalogue.record(from + i)));
    }
  }

  /** Every product has a place; weights fall as 1 / place. */
  popularity(): Popularity {
    const byCategory = new Map<string, number[]>();
    const { catalogue, itemsByPopularity } = this;
    const weightOf = new Float32Array(catalogue.size);
    itemsByPopularity.forEach((item, place) => {
      weightOf[item] = 1_000_000 / (place + 1);
      const path = catalogue.categories[item]!;
      for (const category of [path.split(' > ')[0]!, path]) {
        const items = byCategory.get(category);
        if (items === undefined) byCategory.set(category, [item]);
        else items.push(item);
      }
    });
    const table = (items: ArrayLike<number>): PopularityTable => ({
      itemIndexes: Int32Array.from(items),
      weights: Float32Array.from(items, (item) => weightOf[item]!),
    });
    return {
      overall: table(itemsByPopularity),
      byCategory: new Map([...byCategory].map(([category, items]) => [category, table(items)])),
    };
  }

  /** Neighbours are products of the same category and, one in four, any product. */
  neighbours(): Neighbours {
    return { coView: this.neighbourTable('co_view'), coPurchase: this.neighbourTable('co_purchase') };
  }

  private neighbourTable(kind: NeighbourTable['kind']): NeighbourTable {
    const { catalogue } = this;
    const { neighbourCount, seed } = this.options;
    const random = new SeededRandom(seed ^ (kind === 'co_view' ? 0x51ed : 0xb0a7));
    const perItem = Math.min(neighbourCount, catalogue.size - 1);
    const offsets = Int32Array.from({ length: catalogue.size + 1 }, (_, item) => item * perItem);
    const items = new Int32Array(catalogue.size * perItem);
    const strengths = new Float32Array(items.length);
    for (let item = 0; item < catalogue.size; item++) {
      const drawn = new Set<number>();
      while (drawn.size < perItem) {
        const isNear = random.next() < 0.75;
        const near = this.itemsOfCategory[catalogue.codeOf(item, 'category')]!;
        // A small category runs out of further products: those of any category fill up.
        const other =
          isNear && near.length > perItem ? near[random.nextInt(near.length)]! : random.nextInt(catalogue.size);
        if (other !== item) drawn.add(other);
      }
      [...drawn].forEach((other, place) => {
        items[item * perItem + place] = other;
        strengths[item * perItem + place] = 100 / (place + 1);
      });
    }
    return { kind, offsets, items, strengths };
  }

  /** Mostly of a liked category, popular products more often. */
  private draw(liked: readonly number[], random: SeededRandom): number {
    const items =
      random.next() < 0.85 ? this.itemsOfCategory[liked[random.nextInt(liked.length)]!]! : this.itemsByPopularity;
    return items[Math.floor(items.length * random.next() ** 2)]!;
  }
}

function* syntheticItems(options: Required<SyntheticShopOptions>, random: SeededRandom): Iterable<ItemRecord> {
  const { itemCount, availableRatio } = options;
  const leafCount = clamp(Math.round(itemCount / 50), 4, 1_000);
  const rootCount = Math.max(2, Math.round(Math.sqrt(leafCount)));
  const brandCount = clamp(Math.round(itemCount / 100), 4, 2_000);
  for (let item = 0; item < itemCount; item++) {
    // The first products name every category once, so that none is empty.
    const leaf = item < leafCount ? item : random.nextInt(leafCount);
    const price = Math.exp(3.5 + random.nextNormal());
    yield {
      itemId: `item-${item}`,
      title: `Product ${item}`,
      category: `root-${leaf % rootCount} > leaf-${leaf}`,
      brand: `brand-${random.nextInt(brandCount)}`,
      price: Math.round(price * 100) / 100,
      currency: 'EUR',
      isAvailable: random.next() < availableRatio,
      createdAtMs: SYNTHETIC_AS_OF_MS - Math.floor(random.next() * LAUNCH_DAYS * MS_PER_DAY),
    };
  }
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
