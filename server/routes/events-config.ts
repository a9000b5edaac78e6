import { type Static, Type } from 'typebox';

/** Section `events`: which events are accepted and how long storing them may take. */
export const eventsConfigSchema = Type.Object(
  {
    maxBatchSize: Type.Integer({
      minimum: 1,
      maximum: 500,
      default: 500,
      description: 'Most events in one request; a batch of one shopper must fit into the memory of event ids.',
      symptom: 'Too small: more requests.',
    }),
    maxFutureSkewMs: Type.Integer({
      minimum: 0,
      maximum: 86_400_000,
      default: 60_000,
      description: 'Milliseconds an event may lie ahead of the server clock.',
      symptom: 'Too small: events of devices with fast clocks are rejected.',
    }),
    maxEventAgeDays: Type.Integer({
      minimum: 1,
      maximum: 3_650,
      default: 365,
      description: 'Days an event may lie in the past.',
      symptom: 'Too small: late uploads and imports over HTTP are rejected.',
    }),
    storeMs: Type.Integer({
      minimum: 1,
      maximum: 60_000,
      default: 1_000,
      description: 'Milliseconds the store gets for a whole batch; then 503 and the sender tries again.',
      symptom: 'Too small: 503 while the store is merely busy.',
    }),
  },
  { additionalProperties: false },
);

export type EventsConfig = Readonly<Static<typeof eventsConfigSchema>>;
