import { Catalogue } from '../../features/catalogue/catalogue.ts';
import type { Dataset, EventColumns } from '../datasets/dataset.ts';
import { DATASET_FORMAT, DATASET_FORMAT_VERSION, type DatasetMetadata } from '../datasets/dataset-metadata.ts';
import { createDemoWorld } from './create-demo-world.ts';
import {
  checkParameters,
  DEFAULT_DEMO_PARAMETERS,
  DEMO_GENERATOR_VERSION,
  type DemoParameters,
} from './demo-parameters.ts';
import type { SimulatedRow } from './demo-session.ts';
import type { DemoWorld } from './demo-world.ts';
import { simulateShopper } from './simulate-shopper.ts';

export interface DemoShopOptions extends Partial<Omit<DemoParameters, 'endAtMs'>> {
  readonly onProgress?: (progress: { readonly shoppersDone: number; readonly shopperCount: number }) => void;
}

/** A simulated shop: a dataset, and the lists its impressions were shown in. */
export interface DemoShop {
  readonly dataset: Dataset;
  /** Events, of which each has a row for each of its products. */
  readonly eventCount: number;
  /** Name of the list of each event row; '' when the event was not in a list. */
  readonly listIds: readonly string[];
}

/** Shoppers between two reports of progress. */
const PROGRESS_STEP = 100;

/**
 * Simulates a storefront: shoppers with tastes, products with styles, brands and prices, seasons, and visits that make events.
 *
 * Equal options give equal columns, bit for bit. Errors: REC_INVALID_INPUT_DATA when an option is out of range.
 * Cost: about 4 s for the default shop on one core; blocks the event loop.
 */
export function generateDemoShop(options: DemoShopOptions = {}): DemoShop {
  const { onProgress, ...given } = options;
  const parameters = checkParameters({ ...DEFAULT_DEMO_PARAMETERS, ...given });
  const world = createDemoWorld(parameters);
  const sink = new EventSink(world);
  for (let shopper = 0; shopper < parameters.shopperCount; shopper++) {
    sink.add(shopper, simulateShopper(world, shopper).rows);
    if ((shopper + 1) % PROGRESS_STEP === 0 || shopper + 1 === parameters.shopperCount) {
      onProgress?.({ shoppersDone: shopper + 1, shopperCount: parameters.shopperCount });
    }
  }
  const { events, listIds } = sink.finish();
  const dataset: Dataset = {
    name: 'demo',
    metadata: describe(parameters, events),
    catalogue: Catalogue.from(world.items),
    userIds: world.shoppers.map(({ userId }) => userId),
    userAttributes: world.shoppers.map(({ attributes }) => attributes),
    events,
  };
  return { dataset, eventCount: (events.eventNumber.at(-1) ?? -1) + 1, listIds };
}

function describe(parameters: DemoParameters, events: EventColumns): DatasetMetadata {
  return {
    format: DATASET_FORMAT,
    formatVersion: DATASET_FORMAT_VERSION,
    name: 'demo',
    source: 'demo',
    createdAt: new Date(parameters.endAtMs).toISOString(),
    from: new Date(events.atMs[0] ?? 0).toISOString(),
    to: new Date(events.atMs.at(-1) ?? 0).toISOString(),
    currency: 'EUR',
    generator: { kind: 'demo-shop', version: DEMO_GENERATOR_VERSION, ...parameters },
    notes: ['A simulated shop: shoppers, products and brands are made up.'],
    counts: {
      events: events.count,
      users: parameters.shopperCount,
      items: parameters.itemCount,
      sessions: events.sessionIds.length,
      skippedRows: {},
    },
  };
}

/** Gathers the rows of all shoppers and brings them into the order of time. */
class EventSink {
  private readonly world: DemoWorld;
  private readonly rows: SimulatedRow[] = [];
  private readonly users: number[] = [];

  constructor(world: DemoWorld) {
    this.world = world;
  }

  add(user: number, rows: readonly SimulatedRow[]): void {
    for (const row of rows) {
      this.rows.push(row);
      this.users.push(user);
    }
  }

  finish(): { events: EventColumns; listIds: string[] } {
    const { rows, users } = this;
    const times = Float64Array.from(rows, ({ atMs }) => atMs);
    const order = Uint32Array.from(rows.keys()).sort((a, b) => times[a]! - times[b]! || a - b);
    const count = rows.length;
    const sessionIds: string[] = [];
    const sessionNumbers = new Map<string, number>();
    const events = {
      count,
      atMs: new Float64Array(count),
      type: new Uint8Array(count),
      user: new Int32Array(count),
      session: new Int32Array(count),
      item: new Int32Array(count),
      price: new Float64Array(count),
      quantity: new Float64Array(count),
      value: new Float64Array(count),
      position: new Int32Array(count),
      eventNumber: new Int32Array(count),
      sessionIds,
    };
    const listIds = new Array<string>(count);
    let eventNumber = -1;
    order.forEach((from, to) => {
      const row = rows[from]!;
      const user = users[from]!;
      const before = to === 0 ? undefined : order[to - 1]!;
      if (before === undefined || users[before] !== user || rows[before]!.event !== row.event) eventNumber += 1;
      events.atMs[to] = row.atMs;
      events.type[to] = row.type;
      events.user[to] = user;
      events.session[to] = row.session < 0 ? -1 : this.sessionNumber(user, row.session, sessionNumbers, sessionIds);
      events.item[to] = row.item;
      events.price[to] = this.world.items[row.item]?.price ?? Number.NaN;
      events.quantity[to] = row.quantity;
      events.value[to] = row.value;
      events.position[to] = row.position;
      events.eventNumber[to] = eventNumber;
      listIds[to] = row.list;
    });
    return { events, listIds };
  }

  private sessionNumber(user: number, session: number, numbers: Map<string, number>, ids: string[]): number {
    const id = `s${this.world.shoppers[user]!.userId.slice(1)}-${session + 1}`;
    let number = numbers.get(id);
    if (number === undefined) {
      number = ids.length;
      numbers.set(id, number);
      ids.push(id);
    }
    return number;
  }
}
