import { describeFoldedRanker } from './folded-ranker.contract.ts';

describeFoldedRanker('onnxruntime', () => ({}));
