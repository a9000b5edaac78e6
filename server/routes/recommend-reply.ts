import { jsonString } from '../../features/core/json-text.ts';
import type { Query, Slate } from '../pipeline/query.ts';
import { openItemTexts } from '../pipeline/slate-item-text.ts';
import { vitrine } from '../proto/generated/recommend.js';
import { encodeAttributionToken } from './attribution-token.ts';
import type { RecommendReply } from './recommend-schema.ts';

/** The reply to a query as a value; {@link replyJson} and {@link replyProtobuf} are what is sent. */
export function replyOf(query: Query, slate: Slate, ahead?: TokenAhead): RecommendReply {
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
    attribution_token: tokenOf(query, slate, ahead),
  };
}

/** Message `vitrine.v1.RecommendReply`. */
export function replyProtobuf(query: Query, slate: Slate, ahead?: TokenAhead): Uint8Array {
  return vitrine.v1.RecommendReply.encode(replyOf(query, slate, ahead)).finish();
}

/**
 * `JSON.stringify(replyOf(query, slate, ahead))`, to the letter, without the objects: the one reply every request makes. A property test holds
 * the two together.
 */
export function replyJson(query: Query, slate: Slate, ahead?: TokenAhead): string {
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
  return `${head},"items":[${items}],"model_version":${jsonString(slate.modelVersion)},"degraded":${degraded}${personalization},"attribution_token":"${tokenOf(query, slate, ahead)}"}`;
}

function degradedOf({ tier, reasons }: NonNullable<Slate['degraded']>): RecommendReply['degraded'] {
  return { tier, reasons: [...reasons] };
}

/** A token made before the slate is there, for the model that is expected to answer. */
export interface TokenAhead {
  readonly modelVersion: string;
  readonly token: string;
}

/** Makes the token of a reply to come; who asks another model meanwhile gets another. */
export function tokenAhead({ recommendationId, sceneName }: Query, modelVersion: string): TokenAhead {
  return { modelVersion, token: encodeAttributionToken({ recommendationId, sceneName, modelVersion }) };
}

function tokenOf(query: Query, { modelVersion }: Slate, ahead?: TokenAhead): string {
  return ahead?.modelVersion === modelVersion ? ahead.token : tokenAhead(query, modelVersion).token;
}
