/** Words that alone make a name or a value sensitive, whatever stands beside them: what such attributes are called, and what they hold. */
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
  // Values. None that is also a first name, a surname, a zodiac sign or an ordinary word of shops: a whole import would be refused for it.
  ...['diabetes', 'diabetic', 'asthma', 'asthmatic', 'epilepsy', 'epileptic', 'dementia', 'alzheimer', 'alzheimers'],
  ...['depression', 'schizophrenia', 'schizophrenic', 'bipolar', 'adhd', 'autism', 'autistic', 'obese', 'obesity'],
  ...['catholic', 'protestant', 'christianity', 'muslim', 'islamic', 'jewish', 'judaism', 'hindu', 'hinduism'],
  ...['buddhist', 'buddhism', 'sikh', 'sikhism', 'mormon', 'atheist', 'atheism'],
  ...['republican', 'democrat', 'socialist', 'communist'],
  ...['caucasian', 'hispanic', 'romani', 'aboriginal'],
  ...['queer', 'asexual', 'pansexual', 'intersex'],
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
const AMBIGUOUS_WORDS: ReadonlySet<string> = new Set(['race', 'races', 'faith', 'faiths', 'belief', 'beliefs']);
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
 * Tells of the name or of a value of an attribute whether it speaks of health, religion, politics, ethnicity, sexuality, or the like; such
 * attributes are refused wherever those of shoppers come in.
 *
 * Whole words are compared, never parts of words (`brace` is not `race`), after case, underscores, hyphens, blanks and
 * camel case are levelled. Words are no proof of what is meant: this catches honest mistakes, not disguise.
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
