/** Smallest distance of a probability from 0 and 1 in log loss, so that one sure mistake does not make it infinite. */
const CLIP = 1e-7;

/** Mean negative log likelihood; lower is better. Shapes: both `[n]`. Source: any text on logistic regression. */
export function logLoss(probabilities: ArrayLike<number>, targets: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < targets.length; i++) {
    const p = Math.min(1 - CLIP, Math.max(CLIP, probabilities[i]!));
    sum -= targets[i] === 1 ? Math.log(p) : Math.log(1 - p);
  }
  return sum / targets.length;
}

/**
 * Area under the ROC curve: the chance that a taken example has a higher value than one not taken, ties counting half. 0..1, higher is better.
 *
 * Missing: NaN when all targets are equal or a value is NaN. Source: Mann-Whitney U by mean ranks.
 */
export function auc(values: ArrayLike<number>, targets: ArrayLike<number>): number {
  for (let i = 0; i < targets.length; i++) if (Number.isNaN(values[i]!)) return Number.NaN;
  const order = Uint32Array.from({ length: targets.length }, (_, i) => i).sort((a, b) => values[a]! - values[b]!);
  let positiveCount = 0;
  let rankSum = 0;
  for (let i = 0; i < order.length; ) {
    let end = i;
    let positives = 0;
    while (end < order.length && values[order[end]!] === values[order[i]!]) {
      if (targets[order[end]!] === 1) positives++;
      end++;
    }
    rankSum += positives * ((i + 1 + end) / 2);
    positiveCount += positives;
    i = end;
  }
  const negativeCount = targets.length - positiveCount;
  return (rankSum - (positiveCount * (positiveCount + 1)) / 2) / (positiveCount * negativeCount);
}

/**
 * AUC within each group, averaged by group size; groups with equal targets only are left out.
 *
 * @param starts group g is `starts[g] .. starts[g + 1] - 1`. Source: Zhu et al., "Optimized Cost per Click in Taobao Display Advertising", KDD 2017.
 */
export function groupedAuc(values: Float32Array, targets: Uint8Array, starts: Int32Array): number {
  let sum = 0;
  let weight = 0;
  for (let group = 0; group + 1 < starts.length; group++) {
    const from = starts[group]!;
    const to = starts[group + 1]!;
    const value = auc(values.subarray(from, to), targets.subarray(from, to));
    if (Number.isNaN(value)) continue;
    sum += value * (to - from);
    weight += to - from;
  }
  return sum / weight;
}

export interface CalibrationBin {
  readonly count: number;
  readonly meanProbability: number;
  readonly takenRatio: number;
}

/** Compares predicted with observed frequency in `binCount` bins of equal size, by rising probability. */
export function calibrationBins(
  probabilities: ArrayLike<number>,
  targets: ArrayLike<number>,
  binCount = 10,
): CalibrationBin[] {
  const order = Uint32Array.from({ length: targets.length }, (_, i) => i).sort(
    (a, b) => probabilities[a]! - probabilities[b]!,
  );
  const bins: CalibrationBin[] = [];
  for (let bin = 0; bin < binCount; bin++) {
    const from = Math.floor((bin * order.length) / binCount);
    const to = Math.floor(((bin + 1) * order.length) / binCount);
    if (to === from) continue;
    let probabilitySum = 0;
    let taken = 0;
    for (let i = from; i < to; i++) {
      probabilitySum += probabilities[order[i]!]!;
      taken += targets[order[i]!]!;
    }
    bins.push({ count: to - from, meanProbability: probabilitySum / (to - from), takenRatio: taken / (to - from) });
  }
  return bins;
}

/** Expected calibration error: mean distance of predicted and observed frequency over the bins, 0 is best. Source: Naeini et al., AAAI 2015. */
export function calibrationError(bins: readonly CalibrationBin[]): number {
  const total = bins.reduce((sum, bin) => sum + bin.count, 0);
  return bins.reduce((sum, bin) => sum + (bin.count / total) * Math.abs(bin.meanProbability - bin.takenRatio), 0);
}

/** Sums of ranking metrics over cases; see {@link RankingMetrics} for what they mean. */
export class RankingMetricsCounter {
  private readonly k: number;
  private caseCount = 0;
  private recallSum = 0;
  private hitSum = 0;
  private reciprocalRankSum = 0;
  private ndcgSum = 0;
  private readonly shown = new Set<number>();

  constructor(k: number) {
    this.k = k;
  }

  /** @param ranked item indexes, best first (at least k, or all there are; -1 ends the list); @param targets what the shopper took */
  add(ranked: ArrayLike<number>, targets: ReadonlySet<number>): void {
    let hits = 0;
    let gain = 0;
    let firstHit = 0;
    const end = Math.min(this.k, ranked.length);
    for (let place = 0; place < end; place++) {
      const item = ranked[place]!;
      if (item < 0) break;
      this.shown.add(item);
      if (!targets.has(item)) continue;
      hits++;
      gain += 1 / Math.log2(place + 2);
      if (firstHit === 0) firstHit = place + 1;
    }
    let idealGain = 0;
    for (let place = 0; place < Math.min(this.k, targets.size); place++) idealGain += 1 / Math.log2(place + 2);
    this.caseCount++;
    this.recallSum += hits / targets.size;
    this.hitSum += hits > 0 ? 1 : 0;
    this.reciprocalRankSum += firstHit > 0 ? 1 / firstHit : 0;
    this.ndcgSum += gain / idealGain;
  }

  result(itemCount: number): RankingMetrics {
    const { caseCount } = this;
    return {
      k: this.k,
      caseCount,
      recall: this.recallSum / caseCount,
      hitRate: this.hitSum / caseCount,
      mrr: this.reciprocalRankSum / caseCount,
      ndcg: this.ndcgSum / caseCount,
      coverage: this.shown.size / itemCount,
    };
  }
}

/** Quality of ranked lists cut at k; all 0..1, higher is better. Source: Järvelin and Kekäläinen 2002 for NDCG with binary gain. */
export interface RankingMetrics {
  readonly k: number;
  readonly caseCount: number;
  /** Mean share of a case's targets found. */
  readonly recall: number;
  /** Share of cases with any target found. */
  readonly hitRate: number;
  /** Mean of 1 / place of the first target found. */
  readonly mrr: number;
  readonly ndcg: number;
  /** Share of the catalogue that appears in any list. */
  readonly coverage: number;
}
