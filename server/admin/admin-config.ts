import { Type } from 'typebox';

/** Section `admin`: the listener of those who run the server. */
export const adminConfigSchema = Type.Object(
  {
    host: Type.String({
      minLength: 1,
      maxLength: 255,
      default: '127.0.0.1',
      description: 'Address of the admin listener: models, metrics, health. It asks for no key.',
      symptom: '0.0.0.0 without a firewall: whoever reaches it changes the model.',
    }),
    port: Type.Integer({
      minimum: 0,
      maximum: 65_535,
      default: 8081,
      description: 'TCP port of the admin listener; 0 takes a free one.',
      symptom: 'In use, as by a second server on the machine: REC_PORT_IN_USE at start.',
    }),
  },
  { additionalProperties: false },
);
