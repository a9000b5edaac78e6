import { buildDeepFmModel } from './deepfm-graph.ts';
import { PlainRanker } from './plain-ranker.ts';
import { describeRanker } from './ranker.contract.ts';

describeRanker('PlainRanker', (model) =>
  PlainRanker.open(buildDeepFmModel(model.table, model.layout.slotCount, model.weights), model),
);
