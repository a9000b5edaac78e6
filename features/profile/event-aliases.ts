import { EVENT_TYPES, type EventType } from './event.ts';

/**
 * Other names of our event types, with case and separators taken out: `Product Viewed`, `product-viewed` and `productViewed` are one name.
 *
 * Source: GA4 recommended events, Segment's ecommerce specification, Google Retail user events, Meta Pixel standard events, and
 * the column values of the public Retailrocket, REES46 and Taobao sets.
 */
const ALIASES: Readonly<Record<EventType, readonly string[]>> = {
  view_item_list: ['productlistviewed', 'homepageview', 'categorypageview', 'impression'],
  select_item: ['productclicked', 'click'],
  view_item: ['productviewed', 'detailpageview', 'viewcontent', 'productview', 'view', 'pv'],
  add_to_cart: ['productadded', 'cart'],
  remove_from_cart: ['productremoved'],
  begin_checkout: ['checkoutstarted', 'initiatecheckout', 'checkout'],
  purchase: ['ordercompleted', 'purchasecomplete', 'transaction', 'order', 'buy'],
  refund: ['orderrefunded', 'ordercancelled'],
  add_to_wishlist: ['productaddedtowishlist', 'wishlist', 'fav'],
  search: ['productssearched', 'viewsearchresults'],
};

/** Names that shops' trackers send beside the shopping events and that say nothing about a product; same spelling rule as above. */
const UNUSED_NAMES: readonly string[] = [
  ...[
    'pageview',
    'screenview',
    'sessionstart',
    'firstvisit',
    'firstopen',
    'userengagement',
    'scroll',
    'login',
    'signup',
  ],
  ...[
    'share',
    'filedownload',
    'formstart',
    'formsubmit',
    'videostart',
    'videoprogress',
    'videocomplete',
    'generatelead',
  ],
  ...['viewcart', 'addshippinginfo', 'addpaymentinfo', 'viewpromotion', 'selectpromotion'],
  ...[
    'cartviewed',
    'checkoutstepviewed',
    'checkoutstepcompleted',
    'paymentinfoentered',
    'promotionviewed',
    'promotionclicked',
  ],
  ...[
    'couponentered',
    'couponapplied',
    'couponremoved',
    'coupondenied',
    'productshared',
    'cartshared',
    'productreviewed',
  ],
  ...['orderupdated', 'productlistfiltered', 'productremovedfromwishlist', 'wishlistproductaddedtocart'],
  ...['shoppingcartpageview', 'promotionoffered', 'promotionnotoffered'],
];

const typeByPlainName: ReadonlyMap<string, EventType> = new Map(
  EVENT_TYPES.flatMap((type) => [type, ...ALIASES[type]].map((name) => [plainName(name), type] as const)),
);
const unusedPlainNames: ReadonlySet<string> = new Set(UNUSED_NAMES);

/**
 * Translates the event name a shop, tracker or data set uses into ours; one table for files and for the events route.
 *
 * Missing: undefined when the name is none we know; see {@link isUnusedEventName} for names that are known and not used.
 */
export function eventTypeOf(name: string): EventType | undefined {
  return typeByPlainName.get(plainName(name));
}

/** Tells names that trackers send and Vitrine leaves out (page views, promotions, ...) from names that are a mistake. */
export function isUnusedEventName(name: string): boolean {
  return unusedPlainNames.has(plainName(name));
}

function plainName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]+/g, '');
}
