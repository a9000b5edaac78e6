import { VitrineError } from '../../features/core/errors.ts';
import { EVENT_TYPE_INDEX } from '../../features/profile/event.ts';
import type { DatasetMetadata } from '../datasets/dataset-metadata.ts';
import { createDemoWorld } from './create-demo-world.ts';
import { demoParametersOf } from './demo-parameters.ts';
import type { DemoWorld } from './demo-world.ts';
import { type ShopperHistory, simulateShopper } from './simulate-shopper.ts';

/** Share of products in a cart that are paid for in the end, rather than left or taken out. */
const CART_PAID_RATIO = 0.6;

/** A product looked at in this visit and not put into the cart was passed over; it is seldom the one bought next. */
const PASSED_OVER = 0.1;

/**
 * Knows what the demo shop's shoppers really want: the best ranking any model could reach, to measure models against.
 *
 * Probabilities are over the shopper's next purchased product. They use what the shop can't see (taste, what the visit is about) and
 * of the visit in progress what has happened before the moment asked for.
 */
export class DemoOracle {
  private readonly world: DemoWorld;
  private readonly shopperById: ReadonlyMap<string, number>;
  private readonly itemById: ReadonlyMap<string, number>;
  private readonly histories = new Map<number, ShopperHistory>();

  constructor(world: DemoWorld) {
    this.world = world;
    this.shopperById = new Map(world.shoppers.map(({ userId }, index) => [userId, index]));
    this.itemById = new Map(world.items.map(({ itemId }, index) => [itemId, index]));
  }

  /** Probability that the shopper's next purchase is this product. Errors: REC_UNKNOWN_ITEM. Cost: as {@link scoreAll}. */
  purchaseProbability(userId: string, itemId: string, atMs: number): number {
    const item = this.itemById.get(itemId);
    if (item === undefined) throw new VitrineError('REC_UNKNOWN_ITEM', `item "${itemId}" is not in the demo shop`);
    const probabilities = new Float64Array(this.world.items.length);
    this.scoreAll(userId, atMs, probabilities);
    return probabilities[item]!;
  }

  /**
   * Probability of each product, in catalogue order, to be the shopper's next purchase; events at `atMs` itself are not yet known.
   *
   * Shape: `out` has one entry per product. Units: adds up to 1, unless nothing can be bought.
   * Errors: REC_NOT_FOUND for a user the shop does not have. Cost: under a millisecond; a shopper's first call replays their history.
   */
  scoreAll(userId: string, atMs: number, out: Float64Array): void {
    const index = this.shopperById.get(userId);
    if (index === undefined) throw new VitrineError('REC_NOT_FOUND', `user "${userId}" is not in the demo shop`);
    const { preferences, sessions, rows } = this.historyOf(index);
    const sessionNumber = sessions.findIndex(({ startAtMs, endAtMs }) => startAtMs <= atMs && atMs <= endAtMs);
    const session = sessions[sessionNumber];
    const choiceAtMs = session?.startAtMs ?? atMs;
    const shares = session?.categoryShares ?? preferences.categoryShares(atMs);
    const purchases = new Map<number, number>();
    for (const { type, item, atMs: boughtAtMs } of rows) {
      if (boughtAtMs < choiceAtMs && type === EVENT_TYPE_INDEX.purchase) purchases.set(item, boughtAtMs);
    }
    this.world.categories.forEach(({ items }, category) => {
      const weights = preferences.itemLogWeights(category, choiceAtMs, purchases).map(Math.exp);
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      items.forEach((item, i) => {
        out[item] = total > 0 ? (shares[category]! * weights[i]!) / total : 0;
      });
    });
    const visit = rows.filter((row) => row.session === sessionNumber && row.atMs < atMs && row.atMs >= choiceAtMs);
    if (session !== undefined) applyVisit(visit, out);
    normalise(out);
  }

  private historyOf(index: number): ShopperHistory {
    let history = this.histories.get(index);
    if (history === undefined) {
      history = simulateShopper(this.world, index);
      this.histories.set(index, history);
    }
    return history;
  }
}

/** Rebuilds the hidden truth from a demo dataset's `generator` entry. Errors: REC_INVALID_INPUT_DATA when the dataset is no demo shop. */
export function createDemoOracle(generator: DatasetMetadata['generator']): DemoOracle {
  return new DemoOracle(createDemoWorld(demoParametersOf(generator)));
}

function applyVisit(visit: ShopperHistory['rows'], out: Float64Array): void {
  const cart = new Set<number>();
  const looked = new Set<number>();
  for (const { type, item } of visit) {
    if (type === EVENT_TYPE_INDEX.view_item) looked.add(item);
    else if (type === EVENT_TYPE_INDEX.add_to_cart) cart.add(item);
    else if (type === EVENT_TYPE_INDEX.remove_from_cart) cart.delete(item);
    else if (type === EVENT_TYPE_INDEX.purchase) cart.clear();
  }
  for (const item of looked) out[item]! *= PASSED_OVER;
  if (cart.size === 0) return;
  normalise(out);
  for (let item = 0; item < out.length; item++) out[item]! *= 1 - CART_PAID_RATIO;
  for (const item of cart) out[item]! += CART_PAID_RATIO / cart.size;
}

function normalise(values: Float64Array): void {
  let total = 0;
  for (const value of values) total += value;
  if (total > 0) for (let i = 0; i < values.length; i++) values[i]! /= total;
}
