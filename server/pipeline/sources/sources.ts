import type { SourceKind } from '../../config/scene-config.ts';
import type { Source } from '../stage.ts';
import { annSource } from './ann-source.ts';
import { categorySource } from './category-source.ts';
import { makeNeighboursSource } from './neighbours-source.ts';
import { popularSource } from './popular-source.ts';
import { recentlyViewedSource } from './recently-viewed-source.ts';

/** Makes every source a scene can name. A new one is a file here, a line here and its kind in the scene configuration. */
export function makeSources(): Readonly<Record<SourceKind, Source>> {
  return {
    ann: annSource,
    popular: popularSource,
    neighbours: makeNeighboursSource(),
    recently_viewed: recentlyViewedSource,
    category: categorySource,
  };
}
