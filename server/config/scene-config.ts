import { type Static, Type } from 'typebox';
import { MAX_TAG_NAME_LENGTH } from '../../features/profile/profile.ts';
import { LIFECYCLE_STAGES, RFM_CELLS } from '../../features/profile/segments.ts';

/** Providers of candidates a scene can draw from. */
export const SOURCE_KINDS = ['ann', 'popular', 'neighbours', 'recently_viewed', 'category'] as const;
export type SourceKind = (typeof SOURCE_KINDS)[number];

/** What may take a candidate out. `availability` is in every scene; a configuration without it is refused. */
export const FILTER_KINDS = ['availability', 'excluded', 'context_items', 'already_bought'] as const;

/** Names of scenes: they are part of URLs, metrics and tokens. */
export const SCENE_NAME_PATTERN = '^[a-z][a-z0-9_-]{0,63}$';

const sourceSchema = Type.Object(
  {
    kind: Type.Enum(SOURCE_KINDS, { description: 'Which provider of candidates.' }),
    quota: Type.Integer({ minimum: 1, maximum: 5_000, description: 'Most candidates it may propose.' }),
  },
  { additionalProperties: false },
);

const names = (maxLength: number, description: string) =>
  Type.Array(Type.String({ minLength: 1, maxLength }), { minItems: 1, maxItems: 100, description });

const audienceSchema = Type.Object(
  {
    tags: Type.Optional(names(MAX_TAG_NAME_LENGTH, 'Shoppers with any of these tags.')),
    segments: Type.Optional(
      Type.Array(Type.Enum([...RFM_CELLS, ...LIFECYCLE_STAGES]), {
        minItems: 1,
        description: 'Shoppers in any of these RFM cells or lifecycle stages.',
      }),
    ),
    mode: Type.Enum(['only', 'never'], { description: 'The products are shown only to these shoppers, or never.' }),
    items: Type.Object(
      {
        categories: Type.Optional(names(1_024, 'Products of these category paths, `a > b`, and below them.')),
        brands: Type.Optional(names(256, 'Products of these brands.')),
        attributes: Type.Optional(
          Type.Record(Type.String(), names(256, 'Values.'), { description: 'Products with one of these values.' }),
        ),
      },
      { additionalProperties: false, description: 'Products that meet every condition given.' },
    ),
  },
  { additionalProperties: false },
);

export type AudienceConfig = Readonly<Static<typeof audienceSchema>>;

/** One place of the shop that shows a list: where candidates come from, what is taken out, how the list is built. */
export const sceneConfigSchema = Type.Object(
  {
    sources: Type.Array(sourceSchema, {
      minItems: 1,
      maxItems: 16,
      default: [
        { kind: 'ann', quota: 200 },
        { kind: 'popular', quota: 50 },
      ],
      expected: `array of 1..16 {kind: ${SOURCE_KINDS.join(' | ')}, quota: 1..5000}`,
      description:
        'Providers of candidates with the most each may propose; the first to propose an item is named in the reply.',
      symptom: 'Too few or small quotas: short or monotonous lists. Too large: slow ranking.',
    }),
    filters: Type.Array(Type.Enum(FILTER_KINDS), {
      uniqueItems: true,
      default: ['availability', 'excluded', 'context_items', 'already_bought'],
      expected: `array of ${FILTER_KINDS.join(' | ')}, with availability`,
      description: 'What takes candidates out, in this order. `availability` cannot be left out.',
      symptom: 'Without already_bought, shoppers see what they own.',
    }),
    audiences: Type.Array(audienceSchema, {
      maxItems: 50,
      default: [],
      expected: 'array of {tags and/or segments, mode: only | never, items: {categories, brands, attributes}}',
      description:
        'Which products are shown only to, or never to, shoppers with certain tags or in certain segments; see docs/features.md. A shopper who is not known is in no audience.',
      symptom: 'only, with a tag nobody has: the products are never shown in this scene.',
    }),
    slateSize: Type.Integer({
      minimum: 1,
      maximum: 100,
      default: 20,
      description: 'Items in a reply when the request names no count.',
      symptom: 'Too small: empty places in the shop page.',
    }),
    maxSlateSize: Type.Integer({
      minimum: 1,
      maximum: 100,
      default: 100,
      description: 'Largest count a request may ask for.',
      symptom: 'Too small: requests are refused with REC_INVALID_REQUEST.',
    }),
    maxCandidates: Type.Integer({
      minimum: 1,
      maximum: 5_000,
      default: 500,
      description: 'Most candidates that are ranked; further ones are dropped, last sources first.',
      symptom: 'Too large: ranking misses its budget and replies degrade. Too small: personal items are lost.',
    }),
    maxPerCategory: Type.Integer({
      minimum: 0,
      maximum: 100,
      default: 4,
      description: 'Most items of one category in a slate; 0 turns the cap off.',
      symptom: 'Too large: lists of near-identical items. Too small: short slates in narrow catalogues.',
    }),
    objective: Type.Enum(['probability'], {
      default: 'probability',
      description: 'What the final order maximises.',
      symptom: '',
    }),
    fallback: Type.Array(Type.Enum(SOURCE_KINDS), {
      uniqueItems: true,
      default: ['popular'],
      expected: `array of ${SOURCE_KINDS.join(' | ')}, each once`,
      description: 'Sources the slate is built from, in this order, when ranking or the profile is not available.',
      symptom: 'Empty: a failure of the store or ranker leaves the resident list only.',
    }),
  },
  { additionalProperties: false },
);

export type SceneConfig = Readonly<Static<typeof sceneConfigSchema>>;

/** Scenes of a shop that configures none. */
export const DEFAULT_SCENES: Readonly<Record<string, SceneConfig>> = {
  home: {
    sources: [
      { kind: 'ann', quota: 200 },
      { kind: 'popular', quota: 50 },
    ],
    filters: ['availability', 'excluded', 'context_items', 'already_bought'],
    audiences: [],
    slateSize: 20,
    maxSlateSize: 100,
    maxCandidates: 500,
    maxPerCategory: 4,
    objective: 'probability',
    fallback: ['popular'],
  },
  product_detail: {
    sources: [
      { kind: 'neighbours', quota: 50 },
      { kind: 'ann', quota: 150 },
      { kind: 'popular', quota: 30 },
    ],
    filters: ['availability', 'excluded', 'context_items', 'already_bought'],
    audiences: [],
    slateSize: 20,
    maxSlateSize: 100,
    maxCandidates: 500,
    maxPerCategory: 0,
    objective: 'probability',
    fallback: ['neighbours', 'popular'],
  },
};
