import { type Static, Type } from 'typebox';

/** Section `items`: how products are taken over HTTP. */
export const itemsConfigSchema = Type.Object(
  {
    maxBatchSize: Type.Integer({
      minimum: 1,
      maximum: 5_000,
      default: 500,
      description:
        'Most operations in one request to `POST /v1/items:batch`; its body is bounded by server.maxBodyBytes.',
      symptom: 'Too large: one batch holds the process for long. Too small: more requests.',
    }),
    storeMs: Type.Integer({
      minimum: 1,
      maximum: 60_000,
      default: 1_000,
      description: 'Milliseconds the store gets for a whole request; then 503 and the sender tries again.',
      symptom: 'Too small: 503 while the store is merely busy.',
    }),
    pollMs: Type.Integer({
      minimum: 10,
      maximum: 500,
      default: 100,
      description: 'Milliseconds between two looks at the changes other processes made to products.',
      symptom:
        'Too large: sold-out products are shown for longer. Too small: the store is asked for nothing, by every worker.',
    }),
  },
  { additionalProperties: false },
);

export type ItemsConfig = Readonly<Static<typeof itemsConfigSchema>>;
