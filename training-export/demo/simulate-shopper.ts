import { MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE } from '../../features/core/clock.ts';
import { SeededRandom } from '../../features/core/seeded-random.ts';
import { EVENT_TYPE_INDEX } from '../../features/profile/event.ts';
import { drawIndex, drawPoisson } from './demo-draws.ts';
import { ShopperPreferences } from './demo-preferences.ts';
import { drawIntent, type SessionIntent, SessionSimulator, type SimulatedRow } from './demo-session.ts';
import type { DemoShopper, DemoWorld } from './demo-world.ts';

/** A visit with what it was about: what the oracle knows and the events do not say. */
interface SimulatedSession extends SessionIntent {
  readonly endAtMs: number;
}

export interface ShopperHistory {
  readonly preferences: ShopperPreferences;
  readonly sessions: readonly SimulatedSession[];
  /** In order of time. */
  readonly rows: readonly SimulatedRow[];
}

/** Visits closer than this count as one. */
const SESSION_GAP_MS = 30 * MS_PER_MINUTE;

/** Visits by hour of the day. */
const HOUR_WEIGHTS = [2, 1, 1, 1, 1, 1, 2, 3, 4, 5, 5, 5, 6, 6, 5, 5, 5, 6, 8, 10, 11, 10, 7, 4];
/** Visits by day of the week, Sunday first. */
const WEEKDAY_WEIGHTS = [1.3, 1, 0.95, 0.95, 1, 1, 1.15];

const REFUND_RATIO = 0.025;

/** Lives one shopper's whole time in the shop; depends on the world and the shopper only, not on other shoppers. */
export function simulateShopper(world: DemoWorld, shopperIndex: number): ShopperHistory {
  const shopper = world.shoppers[shopperIndex]!;
  const random = new SeededRandom(world.parameters.seed ^ Math.imul(shopperIndex + 1, 0x9e3779b1));
  const preferences = new ShopperPreferences(world, shopper);
  const purchases = new Map<number, number>();
  const sessions: SimulatedSession[] = [];
  const rows: SimulatedRow[] = [];
  let busyUntilMs = 0;
  for (const startAtMs of drawSessionTimes(world, shopper, random)) {
    if (startAtMs < busyUntilMs) continue;
    const part = { world, shopper, preferences, random, purchases };
    const intent = drawIntent(part, startAtMs);
    const numbers = { session: sessions.length, firstEvent: (rows.at(-1)?.event ?? -1) + 1 };
    const simulator = new SessionSimulator(part, intent, numbers);
    const bought = simulator.play();
    rows.push(...simulator.rows);
    const endAtMs = rows.at(-1)?.atMs ?? startAtMs;
    for (const item of bought) purchases.set(item, endAtMs);
    sessions.push({ ...intent, endAtMs });
    busyUntilMs = endAtMs + SESSION_GAP_MS;
  }
  addRefunds(world, rows, random);
  rows.sort((a, b) => a.atMs - b.atMs || a.event - b.event || a.position - b.position);
  return { preferences, sessions, rows: rows.filter(({ atMs }) => atMs < world.parameters.endAtMs) };
}

function drawSessionTimes(world: DemoWorld, shopper: DemoShopper, random: SeededRandom): number[] {
  const dayCount = Math.max(1, Math.floor((world.parameters.endAtMs - shopper.activeFromMs) / MS_PER_DAY));
  const firstDayMs = world.parameters.endAtMs - dayCount * MS_PER_DAY;
  const dayWeights = Array.from(
    { length: dayCount },
    (_, day) => WEEKDAY_WEIGHTS[new Date(firstDayMs + day * MS_PER_DAY).getUTCDay()]!,
  );
  const count = Math.max(1, drawPoisson(shopper.sessionsPerDay * dayCount, random));
  const times = Array.from({ length: count }, () => {
    const hour = drawIndex(HOUR_WEIGHTS, random);
    return Math.round(firstDayMs + drawIndex(dayWeights, random) * MS_PER_DAY + (hour + random.next()) * MS_PER_HOUR);
  });
  return times.sort((a, b) => a - b);
}

/** A few products go back some days after they were bought; each refund is an event of one product. */
function addRefunds(world: DemoWorld, rows: SimulatedRow[], random: SeededRandom): void {
  let event = (rows.at(-1)?.event ?? -1) + 1;
  const purchased = rows.filter(({ type }) => type === EVENT_TYPE_INDEX.purchase);
  for (const row of purchased) {
    if (random.next() >= REFUND_RATIO) continue;
    const atMs = row.atMs + Math.round((3 + 9 * random.next()) * MS_PER_DAY);
    const value = (world.items[row.item]?.price ?? 0) * row.quantity;
    rows.push({
      ...row,
      atMs,
      type: EVENT_TYPE_INDEX.refund,
      value: Math.round(value * 100) / 100,
      event,
      session: -1,
    });
    event += 1;
  }
}
