import { MS_PER_DAY } from '../../features/core/clock.ts';
import { type DemoShopper, type DemoWorld, TASTE_DIM } from './demo-world.ts';

/** How much each thing counts when a shopper chooses among the products of a category; in log-odds. */
const TASTE_WEIGHT = 4.5;
const PRICE_WEIGHT = 0.8;
const NOVELTY_WEIGHT = 0.8;
const SEASON_WEIGHT = 0.5;
const NOVELTY_DAYS = 12;

/** A consumable is bought again once it is used up, and then rather than another; nothing else is bought twice. */
const USED_UP_AFTER_DAYS = 18;
const LOYALTY = 1.6;
const STILL_STOCKED = -3;

/** What one shopper has bought, by catalogue row, with the time of the latest purchase. */
export type Purchases = ReadonlyMap<number, number>;

/**
 * What one shopper would choose: the rule both the simulated shopper and the oracle follow.
 *
 * A choice is a category, then a product in it, so the probability of a product is that of its category times its share there.
 */
export class ShopperPreferences {
  private readonly world: DemoWorld;
  private readonly shopper: DemoShopper;
  /** Log of the constant part of each product's weight, by catalogue row. */
  private readonly liking: Float64Array;

  constructor(world: DemoWorld, shopper: DemoShopper) {
    this.world = world;
    this.shopper = shopper;
    const { itemStyle, itemPriceLevel, itemPopularity } = world;
    this.liking = new Float64Array(itemPopularity.length);
    for (let item = 0; item < this.liking.length; item++) {
      let match = 0;
      for (let k = 0; k < TASTE_DIM; k++) match += shopper.taste[k]! * itemStyle[item * TASTE_DIM + k]!;
      const misfit = itemPriceLevel[item]! - shopper.pricePreference;
      this.liking[item] = TASTE_WEIGHT * match - PRICE_WEIGHT * 0.5 * misfit * misfit + itemPopularity[item]!;
    }
  }

  /** Weight of each category at a moment: long-term interest and season; adds up to 1. */
  categoryShares(atMs: number): Float64Array {
    const shares = new Float64Array(this.world.categories.length);
    let total = 0;
    for (let category = 0; category < shares.length; category++) {
      const interest = this.shopper.categoryInterest[category]!;
      shares[category] = Math.exp(interest + seasonOf(this.world, category, atMs));
      total += shares[category]!;
    }
    for (let category = 0; category < shares.length; category++) shares[category]! /= total;
    return shares;
  }

  /** Log weight of each product of a category at a moment, in the order of the category's items; -Infinity when not to be bought. */
  itemLogWeights(category: number, atMs: number, purchases: Purchases): Float64Array {
    const { categories, onSaleFromMs, onSaleUntilMs } = this.world;
    const { items, isConsumable } = categories[category]!;
    const weights = new Float64Array(items.length);
    for (let i = 0; i < items.length; i++) {
      const item = items[i]!;
      if (atMs < onSaleFromMs[item]! || atMs >= onSaleUntilMs[item]!) weights[i] = Number.NEGATIVE_INFINITY;
      else {
        const ageDays = (atMs - onSaleFromMs[item]!) / MS_PER_DAY;
        const novelty = NOVELTY_WEIGHT * Math.exp(-ageDays / NOVELTY_DAYS);
        weights[i] = this.liking[item]! + novelty + repurchase(purchases.get(item), atMs, isConsumable);
      }
    }
    return weights;
  }
}

function repurchase(boughtAtMs: number | undefined, atMs: number, isConsumable: boolean): number {
  if (boughtAtMs === undefined) return 0;
  if (!isConsumable) return Number.NEGATIVE_INFINITY;
  return atMs - boughtAtMs > USED_UP_AFTER_DAYS * MS_PER_DAY ? LOYALTY : STILL_STOCKED;
}

/** Log of the seasonal factor: a yearly cosine around the middle of the category's best month. */
function seasonOf(world: DemoWorld, category: number, atMs: number): number {
  const season = world.categories[category]!.words.season;
  if (season === undefined) return 0;
  const [peakMonth, strength] = season;
  const year = new Date(atMs).getUTCFullYear();
  const yearShare = (atMs - Date.UTC(year, 0, 1)) / (Date.UTC(year + 1, 0, 1) - Date.UTC(year, 0, 1));
  return SEASON_WEIGHT * strength * Math.cos(2 * Math.PI * (yearShare - (peakMonth - 0.5) / 12));
}
