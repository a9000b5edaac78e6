import { type Clock, systemClock } from '../../features/core/clock.ts';
import type { HnswChoice } from '../../models/retrieval/hnsw-parameters.ts';
import { ProfileReplay } from '../examples/profile-replay.ts';
import type { TrainedRecommender } from '../train/train-recommender.ts';
import { CO_PURCHASE_OPTIONS, CO_VIEW_OPTIONS, countCoOccurrence, countPopularity } from './co-occurrence.ts';
import { type ExportInput, exportBundle, type SampleQuery } from './export-bundle.ts';

/** Queries whose embeddings the index is tuned on. */
const SAMPLE_COUNT = 500;

/** A version name that sorts by age: the moment to the second. */
export function versionAt(nowMs: number): string {
  return `${new Date(nowMs).toISOString().replaceAll(/[-:]/g, '').slice(0, 15)}Z`;
}

/**
 * Writes the bundle of a trained recommender. Neighbours and popularity are counted on all events there are, since nothing is fitted to them;
 * the models saw the training and validation windows only.
 */
export async function exportTrained(
  trained: TrainedRecommender,
  options: {
    artifactsFolder: string;
    modelVersion?: string;
    seed: number;
    clock?: Clock;
    onProgress?: (doneRatio: number) => void;
  } & Pick<ExportInput, 'annQuota' | 'indexShape'>,
): Promise<{ folder: string; modelVersion: string; index: HnswChoice }> {
  const { dataset, split, space, models } = trained;
  const { events } = dataset;
  const clock = options.clock ?? systemClock;
  const modelVersion = options.modelVersion ?? versionAt(clock.nowMs());
  const { folder, index } = await exportBundle({
    artifactsFolder: options.artifactsFolder,
    modelVersion,
    space,
    models,
    neighbours: {
      coView: countCoOccurrence(dataset, events.count, CO_VIEW_OPTIONS),
      coPurchase: countCoOccurrence(dataset, events.count, CO_PURCHASE_OPTIONS),
    },
    popularity: countPopularity(dataset, 0, events.count),
    ...querySamples(trained),
    data: {
      dataset: dataset.name,
      from: new Date(events.atMs[0]!).toISOString(),
      to: new Date(events.atMs[split.validationEnd - 1]!).toISOString(),
      eventCount: split.validationEnd,
      userCount: dataset.userIds.length,
      itemCount: dataset.catalogue.size,
      exampleCount: trained.exampleCount,
    },
    metrics: metricsOf(trained),
    seed: options.seed,
    clock,
    ...(options.annQuota === undefined ? {} : { annQuota: options.annQuota }),
    ...(options.indexShape === undefined ? {} : { indexShape: options.indexShape }),
    ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
  });
  return { folder, modelVersion, index };
}

function metricsOf(trained: TrainedRecommender): Record<string, number> {
  const metrics: Record<string, number> = { validationRecallAt100: trained.towerValidationRecall };
  for (const [window, values] of [
    ['validation', trained.validation],
    ['test', trained.test],
  ] as const) {
    if (values === undefined) continue;
    const { auc, groupedAuc, logLoss, calibrationError } = values;
    for (const [name, value] of Object.entries({ auc, groupedAuc, logLoss, calibrationError })) {
      if (Number.isFinite(value)) metrics[`${window}${name[0]!.toUpperCase()}${name.slice(1)}`] = value;
    }
  }
  return metrics;
}

/** Shoppers as the server would have met them in the validation window; when it knew none of them then, as the data leave them. */
function querySamples(trained: TrainedRecommender): Pick<ExportInput, 'samples' | 'sampleKind'> {
  const samples = validationQueries(trained);
  if (samples.length > 0) return { samples, sampleKind: 'validation_users' };
  return { samples: lastKnownShoppers(trained), sampleKind: 'users' };
}

/** Profiles before events spread evenly over the validation window, of shoppers who had done something by then. */
function validationQueries({ dataset, split, space }: TrainedRecommender): SampleQuery[] {
  const { trainEnd, validationEnd } = split;
  const replay = new ProfileReplay(dataset, { interestHalfLifeDays: space.schema.interestHalfLifeDays });
  replay.playTo(trainEnd);
  const samples: SampleQuery[] = [];
  const stride = Math.max(1, (validationEnd - trainEnd) / SAMPLE_COUNT);
  let nextRow = trainEnd;
  replay.playTo(validationEnd, ({ fromRow, profile, context }) => {
    if (fromRow < nextRow || profile.lastSeenAtMs === 0) return;
    // The replay goes on changing the profile.
    samples.push({ profile: structuredClone(profile), context });
    nextRow = trainEnd + (Math.floor((fromRow - trainEnd) / stride) + 1) * stride;
  });
  return samples;
}

/** Profiles of shoppers spread over all who did something, as of the end of the data. */
function lastKnownShoppers({ dataset, space }: TrainedRecommender): SampleQuery[] {
  const { events } = dataset;
  const replay = new ProfileReplay(dataset, { interestHalfLifeDays: space.schema.interestHalfLifeDays });
  replay.playTo(events.count);
  const shoppers = replay.shoppers();
  const stride = Math.ceil(shoppers.length / SAMPLE_COUNT);
  return shoppers
    .filter((_, place) => place % stride === 0)
    .map((shopper) => ({
      profile: replay.profileOf(shopper),
      context: replay.contextOf(shopper, events.atMs[events.count - 1]!),
    }));
}
