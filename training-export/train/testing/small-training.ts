import { DEFAULT_SCHEMA } from '../../../features/schema/default-schema.ts';
import { DEFAULT_TARGET } from '../../examples/target-rule.ts';
import { DEFAULT_TRAINING, type TrainingOptions } from '../train-recommender.ts';

/** A training that takes under a second on a generated shop of a few dozen shoppers. */
export const SMALL_TRAINING: TrainingOptions = {
  ...DEFAULT_TRAINING,
  schema: DEFAULT_SCHEMA,
  target: DEFAULT_TARGET,
  ranker: {
    ...DEFAULT_TRAINING.ranker,
    ...{ embeddingDim: 4, hiddenUnits: [16, 8], batchSize: 256, learningRate: 0.01, maxEpochs: 4, threadCount: 1 },
  },
  towers: {
    ...DEFAULT_TRAINING.towers,
    ...{ embeddingDim: 8, hiddenUnits: 8, batchSize: 64, uniformNegativeCount: 16, learningRate: 0.01 },
    ...{ maxEpochs: 3, threadCount: 1 },
  },
};
