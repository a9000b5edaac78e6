import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import type { Clock } from '../../../features/core/clock.ts';
import { Deadline } from '../../../features/core/deadline.ts';
import { VitrineError } from '../../../features/core/errors.ts';
import type { ShopperKey } from '../../../features/core/ids.ts';
import { setAttributes } from '../../../features/profile/attributes.ts';
import { deleteTag, recordConsent, recordOptOut, refusalOf } from '../../../features/profile/consent.ts';
import type { Profile } from '../../../features/profile/profile.ts';
import type { TagSet } from '../../../features/profile/tags.ts';
import { isTombstone } from '../../../features/profile/tombstone.ts';
import type { FeatureSchema } from '../../../features/schema/feature-schema.ts';
import type { FeatureStore, ProfileChange } from '../../../features/store/feature-store.ts';
import { type KnownShopper, readShopper, updateShopper } from '../../../features/store/read-shopper.ts';
import { previewOf, problemsOf } from '../../config/schema-problems.ts';
import type { HttpReply, HttpRequest } from '../../http/http-server.ts';
import { jsonBodyOf, jsonReply } from '../../http/json-body.ts';
import { invalidRequest } from '../../http/problem.ts';
import type { RouteParams } from '../../http/router.ts';
import type { DocumentedRoute } from '../documented-route.ts';
import { storeInTime } from '../store-in-time.ts';
import { erase, receiptOf } from './erasure.ts';
import { isoOf, type ProfileView, profileReplyOf, statedOf } from './profile-reply.ts';
import { SHOPPER_KINDS, type ShopperKind } from './shopper-kinds.ts';
import { shopperOperations } from './shopper-operations.ts';
import {
  type AttributesRequest,
  attributesRequestSchema,
  type ConsentRequest,
  consentRequestSchema,
  type ErasureReceipt,
  type ShopperProfileReply,
  type ShopperReply,
} from './shopper-schema.ts';

export interface ShopperRouteParts {
  readonly store: Pick<FeatureStore, 'readProfile' | 'updateProfile' | 'eraseShopper'>;
  readonly tagSet: TagSet;
  /** Names of tags that can be deleted: those of the tags file and those the model knows. */
  readonly isTagName: (name: string) => boolean;
  /** The catalogue being served; asked for each request. */
  readonly catalogue: () => ProfileView['catalogue'];
  readonly clock: Clock;
  /** False: the whole shop is served without knowing anybody. */
  readonly isShopPersonalized: boolean;
  /** Milliseconds the store gets for one request. */
  readonly storeMs: number;
  /** Milliseconds it gets for an erasure, which searches logs. */
  readonly eraseMs: number;
  /** Days the tombstone of an erased shopper is kept. */
  readonly profileTtlDays: number;
}

/** One request about one shopper. */
interface Call {
  readonly kind: ShopperKind;
  readonly id: string;
  readonly key: ShopperKey;
  readonly deadline: Deadline;
}

const attributesValidator = Compile(attributesRequestSchema);
const consentValidator = Compile(consentRequestSchema);

/** `/v1/users/{id}...` and, with the same handlers, `/v1/sessions/{id}...` for visitors who are not logged in. */
export function makeShopperRoutes(parts: ShopperRouteParts): DocumentedRoute[] {
  return SHOPPER_KINDS.flatMap((kind) => routesOf(parts, kind));
}

/** Whether a tag of this name is declared in the tags file or, for the ranker, in a feature schema. */
export function isTagName(name: string, { tags }: TagSet, { fields }: Pick<FeatureSchema, 'fields'>): boolean {
  if (tags.some((tag) => tag.name === name)) return true;
  return fields.some(({ signal, parameters }) => signal === 'tag' && parameters?.name === name);
}

function routesOf(parts: ShopperRouteParts, kind: ShopperKind): DocumentedRoute[] {
  const operations = shopperOperations(kind);
  const at = (
    method: DocumentedRoute['method'],
    rest: '' | '/profile' | '/consent' | '/tags/{tag}',
    operation: DocumentedRoute['operation'],
    handle: (call: Call, request: HttpRequest, params: RouteParams) => Promise<HttpReply>,
  ): DocumentedRoute => ({
    method,
    pattern: `${kind.path}/{id}${rest}`,
    operation,
    handle: (request, params) => storeInTime(handle(callOf(parts, kind, params.id!), request, params)),
  });
  return [
    at('PUT', '', operations.setAttributes, (call, request) => putAttributes(parts, call, jsonBodyOf(request))),
    at('GET', '', operations.get, (call) => getShopper(parts, call)),
    at('GET', '/profile', operations.getProfile, (call) => getProfile(parts, call)),
    at('PUT', '/consent', operations.setConsent, (call, request) => putConsent(parts, call, jsonBodyOf(request))),
    at('DELETE', '/tags/{tag}', operations.deleteTag, (call, _request, params) => removeTag(parts, call, params.tag!)),
    at('DELETE', '', operations.erase, (call) => eraseShopper(parts, call)),
  ];
}

function callOf({ storeMs }: ShopperRouteParts, kind: ShopperKind, id: string): Call {
  const problems = problemsOf(kind.idSchema, id);
  if (problems.length > 0) throw invalidRequest(problems.map((problem) => ({ ...problem, path: 'id' })));
  return { kind, id, key: kind.keyOf(id), deadline: Deadline.after(storeMs) };
}

async function putAttributes(parts: ShopperRouteParts, call: Call, body: unknown): Promise<HttpReply> {
  const { attributes } = checked<AttributesRequest>(attributesValidator, attributesRequestSchema, body);
  const entries = Object.entries(attributes).map(([name, value]) => [name, textOf(name, value)] as const);
  return change(parts, call, (profile) => {
    if (entries.some(([, text]) => text !== '')) refuseToLearn(parts, profile);
    setAttributes(profile, entries);
    return 'write';
  });
}

/** Text as the profile keeps it; '' takes the attribute away. */
function textOf(name: string, value: AttributesRequest['attributes'][string]): string {
  if (value === null) return '';
  if (!Array.isArray(value)) return String(value);
  const split = value.find((one) => one.includes('|'));
  if (split === undefined) return value.join('|');
  const expected = 'values without |, which separates them';
  throw invalidRequest([{ path: `attributes.${name.slice(0, 60)}`, value: previewOf(split), expected }]);
}

/** Who does not want to be known is not told more of; what they had told can still be taken away. */
function refuseToLearn({ isShopPersonalized }: ShopperRouteParts, profile: Profile): void {
  const reason = isShopPersonalized ? refusalOf(profile) : 'shop_off';
  if (reason === undefined) return;
  throw new VitrineError(
    'REC_PERSONALIZATION_OFF',
    `personalisation is off (${reason}): no attribute is stored; null takes those there are away`,
  );
}

async function putConsent(parts: ShopperRouteParts, call: Call, body: unknown): Promise<HttpReply> {
  const { state, personalization, source } = checked<ConsentRequest>(consentValidator, consentRequestSchema, body);
  if (state === undefined && personalization === undefined) {
    throw invalidRequest([{ path: 'state', value: 'missing', expected: 'state, personalization, or both' }]);
  }
  const nowMs = parts.clock.nowMs();
  return change(parts, call, (profile) => {
    // Statements over this route count in the order they come, even when the clocks of two servers differ.
    if (state !== undefined) recordConsent(profile, { state, atMs: Math.max(nowMs, profile.consent.atMs + 1), source });
    if (personalization !== undefined) {
      const isOptedOut = personalization === 'off';
      recordOptOut(profile, { isOptedOut, atMs: Math.max(nowMs, profile.optOut.atMs + 1), source });
    }
    return 'write';
  });
}

async function removeTag(parts: ShopperRouteParts, call: Call, name: string): Promise<HttpReply> {
  if (!parts.isTagName(name)) {
    const expected = 'the name of a declared tag, as GET .../profile lists them';
    throw new VitrineError('REC_UNKNOWN_TAG', `tag: ${previewOf(name)} given, expected ${expected}`);
  }
  return change(parts, call, (profile) => (deleteTag(profile, name) ? 'write' : 'keep'));
}

/** Changes the shopper's record and answers with what is stated in it now. */
async function change(
  parts: ShopperRouteParts,
  call: Call,
  toProfile: (profile: Profile) => ProfileChange,
): Promise<HttpReply> {
  let stated: ReturnType<typeof statedOf> | undefined;
  const key = await updateShopper(
    parts.store,
    call.key,
    (profile) => {
      const outcome = toProfile(profile);
      stated = statedOf(profile, parts);
      return outcome;
    },
    call.deadline,
  );
  return jsonReply({ ...whoOf(call, key), ...stated! } satisfies ShopperReply);
}

async function eraseShopper(parts: ShopperRouteParts, call: Call): Promise<HttpReply> {
  const { store, clock, eraseMs, profileTtlDays } = parts;
  const nowMs = clock.nowMs();
  const { erasedAtMs, removed } = await erase(store, call.key, nowMs, Deadline.after(eraseMs));
  const receipt = receiptOf(erasedAtMs, removed, { nowMs, profileTtlDays });
  return jsonReply({ ...whoOf(call, call.key), ...receipt } satisfies ErasureReceipt);
}

async function getShopper(parts: ShopperRouteParts, call: Call): Promise<HttpReply> {
  const { key, profile } = await knownShopper(parts, call);
  return jsonReply({ ...whoOf(call, key), ...statedOf(profile, parts) } satisfies ShopperReply);
}

async function getProfile(parts: ShopperRouteParts, call: Call): Promise<HttpReply> {
  const { key, profile } = await knownShopper(parts, call);
  const view: ProfileView = { ...parts, nowMs: parts.clock.nowMs(), catalogue: parts.catalogue() };
  return jsonReply({ ...whoOf(call, key), ...profileReplyOf(profile, view) } satisfies ShopperProfileReply);
}

/** Errors: REC_UNKNOWN_SHOPPER for one never seen, and for one of whom only the tombstone is left. */
async function knownShopper({ store }: ShopperRouteParts, { key, deadline }: Call): Promise<KnownShopper> {
  const known = await readShopper(store, key, deadline);
  if (known === undefined) {
    throw new VitrineError('REC_UNKNOWN_SHOPPER', 'nothing is stored of this shopper: never seen, or expired');
  }
  if (isTombstone(known.profile)) {
    const erasedAt = isoOf(known.profile.erasedAtMs);
    throw new VitrineError(
      'REC_UNKNOWN_SHOPPER',
      `nothing is stored of this shopper: everything was erased at ${erasedAt}`,
    );
  }
  return known;
}

/** Who the reply is about: the account too when a session was asked for that belongs to one. */
function whoOf({ kind, id, key: asked }: Call, found: ShopperKey): Pick<ShopperReply, 'user_id' | 'session_id'> {
  return { [kind.idField]: id, ...(found === asked ? {} : { user_id: found.slice(2) }) };
}

function checked<Body>(validator: { Check(value: unknown): boolean }, schema: TSchema, body: unknown): Body {
  if (!validator.Check(body)) throw invalidRequest(problemsOf(schema, body));
  return body as Body;
}
