import { Type } from 'typebox';

/** Least urgent first; `silent` writes nothing. */
const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Section `log`. */
export const logConfigSchema = Type.Object(
  {
    level: Type.Enum(LOG_LEVELS, {
      default: 'info',
      description: 'Least urgent lines written; JSON, one a line, to standard output.',
      symptom: 'debug: a line per request, noticeable under load.',
    }),
    slates: Type.Number({
      minimum: 0,
      maximum: 1,
      default: 1,
      description:
        'Share of served lists, 0 to 1, that goes to the slate log in the store: what was shown where, with scores, propensities and versions. A list that is not personalised names no shopper.',
      symptom: 'Too small: little to train on and to judge by. 1 under heavy load: a store write per list, in batches.',
    }),
  },
  { additionalProperties: false },
);
