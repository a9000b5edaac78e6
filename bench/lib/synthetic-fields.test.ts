import { describe, expect, it } from 'vitest';
import { FIELD_GROUPS } from '../../features/schema/feature-schema.ts';
import { validateFields } from '../../features/schema/validate-fields.ts';
import { declareFields, MAX_FIELDS, MIN_FIELDS } from './synthetic-fields.ts';

describe('fields of a synthetic shop', () => {
  it('are as many as asked for, of all groups, and a schema the server takes', () => {
    expect([MIN_FIELDS, MAX_FIELDS]).toEqual([8, 48]);
    for (let count = MIN_FIELDS; count <= MAX_FIELDS; count++) {
      const fields = declareFields(count);
      expect(fields).toHaveLength(count);
      expect(new Set(fields.map(({ group }) => group))).toEqual(new Set(FIELD_GROUPS));
      validateFields(fields);
    }
  });
});
