import { Type } from 'typebox';

/** Section `server`: where and within which bounds requests are taken. */
export const serverConfigSchema = Type.Object(
  {
    host: Type.String({
      minLength: 1,
      maxLength: 255,
      default: '127.0.0.1',
      description: 'Address to listen on.',
      symptom: '127.0.0.1 inside a container: nothing outside reaches it; use 0.0.0.0 behind a proxy.',
    }),
    port: Type.Integer({
      minimum: 0,
      maximum: 65_535,
      default: 8080,
      description: 'TCP port; 0 takes a free one.',
      symptom: 'In use: REC_PORT_IN_USE at start.',
    }),
    workers: Type.Union([Type.Integer({ minimum: 1, maximum: 256 }), Type.Literal('cores')], {
      default: 'cores',
      description:
        'Processes that answer requests, sharing the port; `cores` starts as many as the machine has cores for us, 1 answers in the process that is started.',
      symptom: 'More than cores: they take turns, nothing gets faster. Too many for the memory: each loads the model.',
    }),
    requestTimeoutMs: Type.Integer({
      minimum: 10,
      maximum: 60_000,
      default: 2_000,
      description:
        'Milliseconds from the head of a request to its reply; then 504, or 408 when the body is still on its way.',
      symptom: 'Too small: 504 on slow uploads of events. Too large: stuck requests hold capacity.',
    }),
    maxBodyBytes: Type.Integer({
      minimum: 1_024,
      maximum: 16_777_216,
      default: 262_144,
      description: 'Largest body accepted, in bytes; larger ones get 413.',
      symptom: 'Too small: batches of events are refused.',
    }),
    maxInFlight: Type.Integer({
      minimum: 1,
      maximum: 100_000,
      default: 256,
      description:
        'Requests in work at once in one worker; further ones get 503 with Retry-After at once. Health and metrics are always let in.',
      symptom: 'Too small: 503 below capacity. Too large: queues grow until everything is late.',
    }),
    shutdownGraceMs: Type.Integer({
      minimum: 0,
      maximum: 600_000,
      default: 10_000,
      description: 'Milliseconds requests in work get to finish after a stop signal.',
      symptom: 'Too small: cut connections at each deploy.',
    }),
  },
  { additionalProperties: false },
);
