import type { Target } from './server-process.ts';
import { BARE_SCENE } from './synthetic-service.ts';

/** How alike two services answer. */
export interface AnswerComparison {
  readonly requestCount: number;
  /** Share of one's items that the other has too, mean of the requests; 1 = all. */
  readonly sharedRatio: number;
  /** Largest difference between the scores of an item both have. */
  readonly maxScoreDifference: number;
}

interface Answer {
  readonly degraded: object | null;
  readonly items: readonly { readonly item_id: string; readonly score: number }[];
}

/** Searches differ a little: the server asks the index for some more than it needs, and a wider search finds other items at its rim. */
const LEAST_SHARED_RATIO = 0.95;
/** Scores are float32 probabilities computed in another order. */
const MOST_SCORE_DIFFERENCE = 1e-4;
const SLATE_SIZE = 20;

/** Asks two services the same, without rules, and compares the items and scores they answer with. */
export async function compareAnswers(
  one: Target,
  other: Target,
  userIds: readonly string[],
): Promise<AnswerComparison> {
  let sharedSum = 0;
  let maxScoreDifference = 0;
  for (const userId of userIds) {
    const [a, b] = [await ask(one, userId), await ask(other, userId)];
    const scores = new Map(b.items.map((item) => [item.item_id, item.score]));
    const shared = a.items.filter(({ item_id }) => scores.has(item_id));
    sharedSum += shared.length / Math.max(1, a.items.length, b.items.length);
    for (const { item_id, score } of shared) {
      maxScoreDifference = Math.max(maxScoreDifference, Math.abs(score - scores.get(item_id)!));
    }
  }
  return { requestCount: userIds.length, sharedRatio: sharedSum / userIds.length, maxScoreDifference };
}

/** Undefined when two services do the same work; else what differs. */
export function disagreementOf({ sharedRatio, maxScoreDifference }: AnswerComparison): string | undefined {
  if (sharedRatio >= LEAST_SHARED_RATIO && maxScoreDifference <= MOST_SCORE_DIFFERENCE) return undefined;
  return `the plain service and the server answer differently: ${(sharedRatio * 100).toFixed(1)} % of the items are the same, scores differ by up to ${maxScoreDifference}`;
}

async function ask({ host, port }: Target, userId: string): Promise<Answer> {
  const reply = await fetch(`http://${host}:${port}/v1/recommend`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ scene: BARE_SCENE, user_id: userId, count: SLATE_SIZE }),
  });
  if (!reply.ok) throw new Error(`port ${port} answered ${reply.status}: ${(await reply.text()).slice(0, 300)}`);
  const answer = (await reply.json()) as Answer;
  if (answer.degraded === null) return answer;
  throw new Error(`port ${port} answered less than it can: ${JSON.stringify(answer.degraded)}`);
}
