import { describe, expect, it } from 'vitest';
import { isSensitiveAttribute } from './sensitive-attributes.ts';

describe('isSensitiveAttribute', () => {
  it.each([
    'religion',
    'Religious_Beliefs',
    'user-ethnicity',
    'race',
    'customerRace',
    'race_code',
    'political party',
    'politicalParty',
    'politicalparty',
    'SEXUAL_ORIENTATION',
    'sexlife',
    'health',
    'mental-health',
    'blood_type',
    'is_pregnant',
    'trade_union',
    'hiv2',
    'belief',
    'own beliefs',
    'Catholic',
    'type-2 diabetes',
    'registered Republican',
  ])('refuses %s', (name) => {
    expect(isSensitiveAttribute(name)).toBe(true);
  });

  it.each([
    'brace',
    'bracelet_size',
    'race_bike',
    'trace_id',
    'gender',
    'sex',
    'age_band',
    'healthy',
    'party_size',
    'third_party',
    'orientation',
    'union_jack',
    'blood_orange',
    'votes',
    'denomination',
    'faith_collection',
    'allergens',
    'is_disabled',
    'Christian',
    'Christian Dior',
    'cancer',
    'black',
    'beyond belief',
    'zip',
    '',
  ])('lets %s pass', (name) => {
    expect(isSensitiveAttribute(name)).toBe(false);
  });
});
