import { Type } from 'typebox';

/** Section `features`: what is worked out of profiles. */
export const featuresConfigSchema = Type.Object(
  {
    tags: Type.String({
      maxLength: 4_096,
      default: '',
      description:
        'JSON file with the tags of the shop and the limits of its segments, see docs/features.md; relative to the working directory. Empty: the default tags, `features/profile/default-tags.json`.',
      symptom: 'Wrong: the server does not start and names file, tag and field.',
    }),
  },
  { additionalProperties: false },
);
