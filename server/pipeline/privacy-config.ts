import { Type } from 'typebox';

/** Section `privacy`: what the shop as a whole decides about what is known of its shoppers. */
export const privacyConfigSchema = Type.Object(
  {
    personalization: Type.Enum(['on', 'off'], {
      default: 'on',
      description:
        'off: no profile is read or written, events are not applied and not logged, every list is the non-personalised one and says so. What is stored stays until it expires or is erased.',
      symptom: 'off and forgotten: every shopper sees the same lists, replies say `shop_off`.',
    }),
  },
  { additionalProperties: false },
);
