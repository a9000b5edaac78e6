/** Words that alone make a column sensitive, whatever stands beside them. */
const SENSITIVE_WORDS: ReadonlySet<string> = new Set([
  ...[
    'health',
    'medical',
    'medication',
    'medications',
    'diagnosis',
    'diagnoses',
    'disease',
    'diseases',
    'illness',
    'illnesses',
  ],
  ...['disability', 'disabilities', 'handicap', 'pregnant', 'pregnancy', 'hiv', 'allergy', 'allergies', 'psychiatric'],
  ...['genetic', 'genetics', 'biometric', 'biometrics', 'dna'],
  ...['religion', 'religions', 'religious', 'creed'],
  ...['political', 'politics', 'voter'],
  ...['ethnicity', 'ethnicities', 'ethnic', 'racial', 'caste'],
  ...[
    'sexuality',
    'sexual',
    'homosexual',
    'heterosexual',
    'bisexual',
    'transgender',
    'lgbt',
    'lgbtq',
    'lgbtqia',
    'lesbian',
    'gay',
  ],
]);

/** Neighbouring words, or one word written together, that name a sensitive attribute although each word alone is harmless. */
const SENSITIVE_PHRASES: ReadonlySet<string> = new Set([
  ...['bloodtype', 'bloodgroup', 'mentalstate', 'medicalhistory', 'healthstatus', 'healthcondition', 'mentalhealth'],
  ...['politicalparty', 'politicalview', 'politicalviews', 'partymembership', 'partyaffiliation', 'votingintention'],
  ...[
    'tradeunion',
    'labourunion',
    'laborunion',
    'unionmember',
    'unionmembership',
    'religiousbelief',
    'religiousbeliefs',
  ],
  ...[
    'sexualorientation',
    'sexlife',
    'sexualpreference',
    'ethnicgroup',
    'ethnicorigin',
    'ethnicbackground',
    'racialorigin',
  ],
]);

/** Words with a second, harmless sense in shops (a race bicycle, a brand called Faith): sensitive only among words about a person. */
const AMBIGUOUS_WORDS: ReadonlySet<string> = new Set(['race', 'races', 'faith', 'faiths']);
const PERSON_WORDS: ReadonlySet<string> = new Set([
  ...[
    'user',
    'customer',
    'client',
    'shopper',
    'member',
    'person',
    'people',
    'parent',
    'own',
    'self',
    'reported',
    'declared',
  ],
  ...[
    'code',
    'id',
    'name',
    'group',
    'type',
    'category',
    'label',
    'value',
    'and',
    'or',
    'of',
    'the',
    'is',
    'has',
    'origin',
  ],
]);

/**
 * Tells by its name whether an attribute speaks of health, religion, politics, ethnicity, sexuality, or the like; such columns are
 * refused wherever attributes come in.
 *
 * Whole words are compared, never parts of words (`brace` is not `race`), after case, underscores, hyphens, blanks and
 * camel case are levelled. A name says nothing sure about a column's contents: this catches honest mistakes, not disguise.
 */
export function isSensitiveAttribute(name: string): boolean {
  const words = wordsOf(name);
  if (words.some((word) => SENSITIVE_WORDS.has(word) || SENSITIVE_PHRASES.has(word))) return true;
  for (let i = 1; i < words.length; i++) {
    if (SENSITIVE_PHRASES.has(`${words[i - 1]}${words[i]}`)) return true;
  }
  return (
    words.some((word) => AMBIGUOUS_WORDS.has(word)) &&
    words.every((word) => AMBIGUOUS_WORDS.has(word) || PERSON_WORDS.has(word))
  );
}

function wordsOf(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z]+/)
    .filter((word) => word !== '');
}
