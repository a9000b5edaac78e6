import { MS_PER_DAY } from '../../features/core/clock.ts';
import { SeededRandom } from '../../features/core/seeded-random.ts';
import { createDemoItems } from './demo-items.ts';
import type { DemoParameters } from './demo-parameters.ts';
import { createDemoShoppers } from './demo-shoppers.ts';
import type { DemoWorld } from './demo-world.ts';

/** How far the home page's list of popular products goes. */
const BESTSELLER_COUNT = 200;

/** Makes catalogue and shoppers; what they do is made by `simulateShopper`. */
export function createDemoWorld(parameters: DemoParameters): DemoWorld {
  const random = new SeededRandom(parameters.seed);
  const catalogue = createDemoItems(parameters, random.fork());
  const shoppers = createDemoShoppers(parameters, catalogue.categories, random.fork());
  const { itemPopularity } = catalogue;
  const bestsellers = [...itemPopularity.keys()]
    .sort((a, b) => itemPopularity[b]! - itemPopularity[a]! || a - b)
    .slice(0, BESTSELLER_COUNT);
  const startAtMs = parameters.endAtMs - parameters.days * MS_PER_DAY;
  return { parameters, startAtMs, ...catalogue, bestsellers, shoppers };
}
