import { describe, expect, it } from 'vitest';
import { EVENT_TYPES } from './event.ts';
import { eventTypeOf, isUnusedEventName } from './event-aliases.ts';

describe('eventTypeOf', () => {
  it('keeps every name of ours', () => {
    for (const type of EVENT_TYPES) expect(eventTypeOf(type)).toBe(type);
  });

  it.each([
    ['Product List Viewed', 'view_item_list'],
    ['Product Clicked', 'select_item'],
    ['Product Viewed', 'view_item'],
    ['Product Added', 'add_to_cart'],
    ['Product Removed', 'remove_from_cart'],
    ['Checkout Started', 'begin_checkout'],
    ['Order Completed', 'purchase'],
    ['Order Refunded', 'refund'],
    ['Product Added to Wishlist', 'add_to_wishlist'],
    ['Products Searched', 'search'],
  ])('reads Segment name %s as %s', (name, type) => {
    expect(eventTypeOf(name)).toBe(type);
  });

  it.each([
    ['home-page-view', 'view_item_list'],
    ['category-page-view', 'view_item_list'],
    ['detail-page-view', 'view_item'],
    ['add-to-cart', 'add_to_cart'],
    ['purchase-complete', 'purchase'],
    ['search', 'search'],
  ])('reads Google Retail name %s as %s', (name, type) => {
    expect(eventTypeOf(name)).toBe(type);
  });

  it.each([
    ['view', 'view_item'],
    ['addtocart', 'add_to_cart'],
    ['transaction', 'purchase'],
    ['pv', 'view_item'],
    ['cart', 'add_to_cart'],
    ['fav', 'add_to_wishlist'],
    ['buy', 'purchase'],
  ])('reads data set name %s as %s', (name, type) => {
    expect(eventTypeOf(name)).toBe(type);
  });

  it('does not care about case and separators', () => {
    expect(eventTypeOf(' ADD to-Cart ')).toBe('add_to_cart');
    expect(eventTypeOf('addToCart')).toBe('add_to_cart');
  });

  it('answers undefined for names it does not know', () => {
    expect(eventTypeOf('teleport')).toBeUndefined();
    expect(eventTypeOf('')).toBeUndefined();
    expect(eventTypeOf('constructor')).toBeUndefined();
  });
});

describe('isUnusedEventName', () => {
  it('knows tracker events that say nothing about a product', () => {
    expect(isUnusedEventName('page_view')).toBe(true);
    expect(isUnusedEventName('Cart Viewed')).toBe(true);
    expect(isUnusedEventName('shopping-cart-page-view')).toBe(true);
  });

  it('never names an event that is used', () => {
    for (const type of EVENT_TYPES) expect(isUnusedEventName(type)).toBe(false);
    expect(isUnusedEventName('teleport')).toBe(false);
  });
});
