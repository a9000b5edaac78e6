import { jsonString } from '../../features/core/json-text.ts';
import type { Query, Slate } from '../pipeline/query.ts';
import { openItemTexts } from '../pipeline/slate-item-text.ts';
import { vitrine } from '../proto/generated/recommend.js';
import { encodeAttributionToken } from './attribution-token.ts';
import type { RecommendReply } from './recommend-schema.ts';

/** The reply to a query as a value; {@link replyJson} and {@link replyProtobuf} are what is sent. */
export function replyOf(query: Query, slate: Slate): RecommendReply {
  return {
    recommendation_id: query.recommendationId,
    scene: query.sceneName,
    items: slate.items.map((item) => ({
      item_id: item.itemId,
      position: item.position,
      score: item.score,
      source: item.source,
      ...(item.reasons === undefined ? {} : { reasons: [...item.reasons] }),
    })),
    model_version: slate.modelVersion,
    degraded: slate.degraded === null ? null : degradedOf(slate.degraded),
    ...(slate.notPersonalized === undefined
      ? {}
      : { personalization: { applied: false, reason: slate.notPersonalized } }),
    attribution_token: tokenOf(query, slate),
  };
}

/** Message `vitrine.v1.RecommendReply`. */
export function replyProtobuf(query: Query, slate: Slate): Uint8Array {
  return vitrine.v1.RecommendReply.encode(replyOf(query, slate)).finish();
}

/**
 * `JSON.stringify(replyOf(query, slate))`, to the letter, without the objects: the one reply every request makes. A property test holds
 * the two together.
 */
export function replyJson(query: Query, slate: Slate): string {
  const texts = openItemTexts(slate);
  let items = '';
  for (let i = 0; i < texts.length; i++) {
    const { reasons } = slate.items[i]!;
    items +=
      (i === 0 ? '' : ',') + texts[i]! + (reasons === undefined ? '}' : `,"reasons":${JSON.stringify(reasons)}}`);
  }
  const head = `{"recommendation_id":${jsonString(query.recommendationId)},"scene":${jsonString(query.sceneName)}`;
  const degraded = slate.degraded === null ? 'null' : JSON.stringify(degradedOf(slate.degraded));
  const personalization =
    slate.notPersonalized === undefined
      ? ''
      : `,"personalization":{"applied":false,"reason":${jsonString(slate.notPersonalized)}}`;
  return `${head},"items":[${items}],"model_version":${jsonString(slate.modelVersion)},"degraded":${degraded}${personalization},"attribution_token":"${tokenOf(query, slate)}"}`;
}

function degradedOf({ tier, reasons }: NonNullable<Slate['degraded']>): RecommendReply['degraded'] {
  return { tier, reasons: [...reasons] };
}

function tokenOf(query: Query, slate: Slate): string {
  return encodeAttributionToken({
    recommendationId: query.recommendationId,
    sceneName: query.sceneName,
    modelVersion: slate.modelVersion,
  });
}
