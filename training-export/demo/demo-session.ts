import { MS_PER_SECOND } from '../../features/core/clock.ts';
import type { SeededRandom } from '../../features/core/seeded-random.ts';
import { EVENT_TYPE_INDEX, type EventType } from '../../features/profile/event.ts';
import { drawIndex, drawPoisson, drawSubset } from './demo-draws.ts';
import type { Purchases, ShopperPreferences } from './demo-preferences.ts';
import type { DemoShopper, DemoWorld } from './demo-world.ts';

/** One product of one event as the simulation notes it. */
export interface SimulatedRow {
  readonly atMs: number;
  readonly type: number;
  /** Catalogue row; -1 for a search. */
  readonly item: number;
  readonly quantity: number;
  /** Of the whole event; NaN where the event has no value. */
  readonly value: number;
  readonly position: number;
  /** Name of the list shown; '' when none. */
  readonly list: string;
  /** Counts the shopper's events. */
  readonly event: number;
  /** Counts the shopper's sessions; -1 outside of any (a refund). */
  readonly session: number;
}

/** What a session is about: the share of each category in what the shopper looks for. */
export interface SessionIntent {
  readonly startAtMs: number;
  readonly categoryShares: Float64Array;
}

export interface SessionPart {
  readonly world: DemoWorld;
  readonly shopper: DemoShopper;
  readonly preferences: ShopperPreferences;
  readonly random: SeededRandom;
  /** Bought before this visit. */
  readonly purchases: Purchases;
}

const MAIN_SHARE = 0.62;
const SECOND_SHARE = 0.25;
const SECOND_INTENT_RATIO = 0.35;

/** Draws what a session is about: one category, often a second, and a rest of everything the shopper likes. */
export function drawIntent(part: SessionPart, startAtMs: number): SessionIntent {
  const { preferences, random } = part;
  const interests = preferences.categoryShares(startAtMs);
  const main = drawIndex(interests, random);
  const second = random.next() < SECOND_INTENT_RATIO ? drawIndex(interests, random) : main;
  const rest = 1 - MAIN_SHARE - SECOND_SHARE;
  const categoryShares = interests.map((share) => rest * share);
  categoryShares[main]! += MAIN_SHARE;
  categoryShares[second]! += SECOND_SHARE;
  return { startAtMs, categoryShares };
}

const LIST_LENGTH = 6;
const HOME_LIST_RATIO = 0.45;
const SEARCH_RATIO = 0.22;
const SECOND_PAGE_RATIO = 0.2;
const BROWSED_PRODUCTS = 1.1;
const EXTRA_PRODUCTS = 0.25;

/** Chance that the eye gets to a position at all. */
const POSITION_BIAS = Array.from({ length: LIST_LENGTH }, (_, position) => 1 / (1 + 0.3 * position));
/** A product the shopper would choose with this probability among all is clicked half of the times it is seen. */
const CLICK_MIDPOINT = 1 / 25;
const MOST_CLICKS_PER_LIST = 3;
/** A shopper looks at more than would be bought: interest is flatter than choice by this factor. */
const BROWSING_TEMPERATURE = 1.7;

const CHANCE = { find: 0.85, cart: 0.93, checkout: 0.9, purchase: 0.92, idleCart: 0.05, wishlist: 0.04, removal: 0.6 };

type Step =
  | { readonly kind: 'list'; readonly list: string; readonly items: readonly number[] }
  | { readonly kind: 'search' }
  | { readonly kind: 'browse' }
  | { readonly kind: 'want'; readonly item: number };

/** Weights of a category's products in the order of its items, and their sum. */
interface Choice {
  readonly weights: Float64Array;
  readonly total: number;
}

/**
 * Plays one visit: lists seen with clicks that fade by position, products looked at, and, when the visit is meant to buy, products
 * drawn by the shopper's true choice probability that are found, put into the cart and mostly paid.
 */
export class SessionSimulator {
  readonly rows: SimulatedRow[] = [];
  private readonly part: SessionPart;
  private readonly intent: SessionIntent;
  private readonly session: number;
  private event: number;
  private atMs: number;
  private readonly choices = new Map<number, Choice>();
  private readonly wanted = new Set<number>();
  private readonly seen = new Set<number>();
  private readonly cart = new Map<number, { isWanted: boolean }>();

  constructor(part: SessionPart, intent: SessionIntent, numbers: { session: number; firstEvent: number }) {
    this.part = part;
    this.intent = intent;
    this.session = numbers.session;
    this.event = numbers.firstEvent;
    this.atMs = intent.startAtMs;
  }

  /** Products paid for, in this visit. */
  play(): number[] {
    this.drawWants();
    for (const step of this.planSteps()) this.playStep(step);
    return this.leave();
  }

  private drawWants(): void {
    const { random, shopper } = this.part;
    if (random.next() >= shopper.purchaseIntent) return;
    const count = 1 + drawPoisson(EXTRA_PRODUCTS, random);
    for (let i = 0; i < count; i++) {
      const item = this.chooseProduct(1);
      if (item >= 0) this.wanted.add(item);
    }
  }

  private planSteps(): Step[] {
    const { random, world } = this.part;
    const { categoryShares } = this.intent;
    const steps: Step[] = [];
    if (random.next() < HOME_LIST_RATIO) steps.push(this.homeList());
    if (random.next() < SEARCH_RATIO) steps.push({ kind: 'search' });
    categoryShares.forEach((share, category) => {
      if (random.next() >= 1.2 * share) return;
      const pages = random.next() < SECOND_PAGE_RATIO ? 2 : 1;
      const shown = this.popularInCategory(category, pages * LIST_LENGTH);
      for (let page = 0; page < pages; page++) {
        const items = shown.slice(page * LIST_LENGTH, (page + 1) * LIST_LENGTH);
        if (items.length > 0)
          steps.push({ kind: 'list', list: `category: ${world.categories[category]!.path}`, items });
      }
    });
    const browsed = drawPoisson(BROWSED_PRODUCTS, random);
    for (let i = 0; i < browsed; i++) steps.splice(random.nextInt(steps.length + 1), 0, { kind: 'browse' });
    for (const item of this.wanted) {
      const earliest = Math.ceil(0.4 * steps.length);
      steps.splice(earliest + random.nextInt(steps.length - earliest + 1), 0, { kind: 'want', item });
    }
    if (steps.length === 0) steps.push({ kind: 'browse' });
    return steps;
  }

  private homeList(): Step {
    const { random, world } = this.part;
    if (random.next() < 0.5) {
      const weights = world.bestsellers.map((item) => this.displayWeight(item, 4));
      const items = drawSubset(weights, LIST_LENGTH, random).map((i) => world.bestsellers[i]!);
      return { kind: 'list', list: 'popular', items };
    }
    const items = new Set<number>();
    for (let i = 0; i < LIST_LENGTH; i++) items.add(this.chooseProduct(2));
    items.delete(-1);
    return { kind: 'list', list: 'for you', items: [...items] };
  }

  private popularInCategory(category: number, count: number): number[] {
    const { world, random } = this.part;
    const { items } = world.categories[category]!;
    const weights = items.map((item) => this.displayWeight(item, 2.2));
    return drawSubset(weights, count, random).map((i) => items[i]!);
  }

  /** Log weight by which the shop puts a product into a list. */
  private displayWeight(item: number, steepness: number): number {
    const { onSaleFromMs, onSaleUntilMs, itemPopularity } = this.part.world;
    const isOnSale = this.atMs >= onSaleFromMs[item]! && this.atMs < onSaleUntilMs[item]!;
    return isOnSale ? steepness * itemPopularity[item]! : Number.NEGATIVE_INFINITY;
  }

  private playStep(step: Step): void {
    if (this.rows.length > 0) this.pass(8, 50);
    if (step.kind === 'search') this.note('search', [-1]);
    else if (step.kind === 'list') this.seeList(step.list, step.items);
    else if (step.kind === 'want') {
      if (!this.wanted.has(step.item) || this.cart.has(step.item)) return;
      this.look(step.item);
    } else {
      const item = this.chooseProduct(BROWSING_TEMPERATURE);
      if (item >= 0 && !this.wanted.has(item)) this.look(item);
    }
  }

  private seeList(list: string, items: readonly number[]): void {
    const { random } = this.part;
    this.note('view_item_list', items, { list });
    let clicks = 0;
    items.forEach((item, position) => {
      if (clicks >= MOST_CLICKS_PER_LIST || this.cart.has(item)) return;
      const appeal = this.wanted.has(item) ? CHANCE.find : this.appealOf(item);
      if (random.next() >= POSITION_BIAS[position]! * appeal) return;
      clicks += 1;
      this.pass(2, 12);
      this.note('select_item', [item], { list, position });
      this.pass(1, 2);
      this.look(item);
    });
  }

  /** Product page, and what may follow on it. */
  private look(item: number): void {
    const { random } = this.part;
    this.note('view_item', [item]);
    this.seen.add(item);
    const isWanted = this.wanted.has(item);
    this.pass(10, 80);
    if (random.next() < (isWanted ? CHANCE.cart : CHANCE.idleCart)) {
      this.note('add_to_cart', [item]);
      this.cart.set(item, { isWanted });
    } else if (random.next() < CHANCE.wishlist) this.note('add_to_wishlist', [item]);
    if (isWanted && !this.cart.has(item)) this.wanted.delete(item);
  }

  private leave(): number[] {
    const { random } = this.part;
    for (const [item, { isWanted }] of this.cart) {
      if (isWanted || random.next() >= CHANCE.removal) continue;
      this.pass(5, 30);
      this.note('remove_from_cart', [item]);
      this.cart.delete(item);
    }
    const bought = [...this.cart].filter(([, { isWanted }]) => isWanted).map(([item]) => item);
    if (bought.length === 0 || random.next() >= CHANCE.checkout) return [];
    this.pass(10, 60);
    this.note('begin_checkout', bought);
    if (random.next() >= CHANCE.purchase) return [];
    this.pass(40, 160);
    this.note('purchase', bought);
    return bought;
  }

  /** Draws a product as the shopper would choose it; a temperature above 1 makes the choice less decided. -1 when there is none. */
  private chooseProduct(temperature: number): number {
    const { random, world } = this.part;
    const category = drawIndex(this.intent.categoryShares, random);
    const { weights } = this.choiceIn(category);
    const i = drawIndex(temperature === 1 ? weights : weights.map((weight) => weight ** (1 / temperature)), random);
    return i < 0 ? -1 : world.categories[category]!.items[i]!;
  }

  /** Chance of a click when seen, from the probability that the shopper would choose just this product. */
  private appealOf(item: number): number {
    const { world } = this.part;
    const category = world.itemCategory[item]!;
    const { weights, total } = this.choiceIn(category);
    const place = item - world.categories[category]!.items[0]!;
    const probability = total > 0 ? (this.intent.categoryShares[category]! * weights[place]!) / total : 0;
    return probability / (probability + CLICK_MIDPOINT);
  }

  /** Kept for the visit: taste does not change while it lasts. */
  private choiceIn(category: number): Choice {
    let choice = this.choices.get(category);
    if (choice === undefined) {
      const { preferences, purchases } = this.part;
      const weights = preferences.itemLogWeights(category, this.intent.startAtMs, purchases);
      let total = 0;
      for (let i = 0; i < weights.length; i++) {
        weights[i] = Math.exp(weights[i]!);
        total += weights[i]!;
      }
      choice = { weights, total };
      this.choices.set(category, choice);
    }
    return choice;
  }

  private pass(fromSeconds: number, toSeconds: number): void {
    const seconds = fromSeconds + (toSeconds - fromSeconds) * this.part.random.next();
    this.atMs += Math.round(seconds * MS_PER_SECOND);
  }

  private note(type: EventType, items: readonly number[], more: { list?: string; position?: number } = {}): void {
    const { world, random } = this.part;
    const isOrder = type === 'purchase' || type === 'begin_checkout';
    const quantities = items.map((item) =>
      isOrder && item >= 0 && world.categories[world.itemCategory[item]!]!.isConsumable
        ? 1 + drawPoisson(0.6, random)
        : 1,
    );
    const value = items.reduce((sum, item, i) => sum + (world.items[item]?.price ?? 0) * quantities[i]!, 0);
    items.forEach((item, i) => {
      this.rows.push({
        atMs: this.atMs,
        type: EVENT_TYPE_INDEX[type],
        item,
        quantity: quantities[i]!,
        value: isOrder ? Math.round(value * 100) / 100 : Number.NaN,
        position: type === 'view_item_list' ? i : (more.position ?? -1),
        list: more.list ?? '',
        event: this.event,
        session: this.session,
      });
    });
    this.event += 1;
  }
}
