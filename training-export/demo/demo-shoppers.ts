import { MS_PER_DAY } from '../../features/core/clock.ts';
import type { SeededRandom } from '../../features/core/seeded-random.ts';
import { drawIndex } from './demo-draws.ts';
import type { DemoParameters } from './demo-parameters.ts';
import { type DemoCategory, type DemoShopper, TASTE_DIM } from './demo-world.ts';

const AGE_BANDS = ['18-24', '25-34', '35-44', '45-54', '55+'] as const;
const AGE_WEIGHTS = [0.14, 0.3, 0.25, 0.18, 0.13];
const GENDERS = ['female', 'male', 'unknown'] as const;
const CITY_TIERS = ['1', '2', '3'] as const;
const DEVICES = ['mobile', 'desktop', 'tablet'] as const;

/** Makes the shoppers: attributes, and tastes and interests that partly follow from them. */
export function createDemoShoppers(
  parameters: DemoParameters,
  categories: readonly DemoCategory[],
  random: SeededRandom,
): DemoShopper[] {
  const startAtMs = parameters.endAtMs - parameters.days * MS_PER_DAY;
  // What a category's or age group's shoppers have in common, so that attributes say something about taste.
  const ageTaste = AGE_BANDS.map(() => new Float64Array(TASTE_DIM).map(() => 0.5 * random.nextNormal()));
  const categoryTaste = categories.map(() => new Float64Array(TASTE_DIM).map(() => random.nextNormal()));
  return Array.from({ length: parameters.shopperCount }, (_, i) => {
    const age = drawIndex(AGE_WEIGHTS, random);
    const side = random.next() < 0.54 ? 1 : -1;
    const gender = random.next() < 0.1 ? 'unknown' : GENDERS[side === 1 ? 0 : 1]!;
    const cityTier = drawIndex([0.35, 0.4, 0.25], random);
    const device = drawIndex(age >= 3 ? [0.45, 0.4, 0.15] : [0.72, 0.22, 0.06], random);
    const taste = createTaste(ageTaste[age]!, random);
    const categoryInterest = Float64Array.from(categories, ({ words, items }, category) => {
      const [genderLean, ageLean] = words.audience ?? [0, 0];
      // The log of its size makes a category's demand grow with its shelf, so that no product gains by having few neighbours.
      const common =
        Math.log(items.length) +
        genderLean * side * 0.9 +
        ageLean * (age - 2) * 0.5 +
        0.5 * dot(taste, categoryTaste[category]!);
      return common + CATEGORY_SPREAD * random.nextNormal();
    });
    return {
      userId: `u${10_000 + i}`,
      attributes: new Map([
        ['gender', gender],
        ['age_band', AGE_BANDS[age]!],
        ['city_tier', CITY_TIERS[cityTier]!],
        ['device', DEVICES[device]!],
      ]),
      taste,
      categoryInterest,
      pricePreference: 0.5 - 0.5 * cityTier + 0.7 * random.nextNormal(),
      sessionsPerDay: SESSIONS_PER_DAY * Math.exp(0.7 * random.nextNormal() - 0.245),
      purchaseIntent: Math.min(0.8, 0.36 * Math.exp(0.35 * random.nextNormal())),
      activeFromMs: random.next() < 0.7 ? startAtMs : startAtMs + random.next() * 0.85 * parameters.days * MS_PER_DAY,
    };
  });
}

/** Standard deviation of a shopper's own interest in categories: at 1.4 a few of the fifty make up most of it. */
const CATEGORY_SPREAD = 2.3;

/** Mean over shoppers. */
const SESSIONS_PER_DAY = 0.08;

/** One or two styles are loved, the others count little either way. */
function createTaste(common: Float64Array, random: SeededRandom): Float64Array {
  const taste = common.map((value) => value + 0.35 * random.nextNormal());
  taste[random.nextInt(TASTE_DIM)]! += 1.6;
  taste[random.nextInt(TASTE_DIM)]! += 1;
  const length = Math.hypot(...taste);
  return taste.map((value) => value / length);
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
