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
  },
  { additionalProperties: false },
);
