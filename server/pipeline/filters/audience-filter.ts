import type { Catalogue } from '../../../features/catalogue/catalogue.ts';
import type { Profile } from '../../../features/profile/profile.ts';
import { lifecycleOf, rfmOf } from '../../../features/profile/segments.ts';
import { isWithin } from '../../../features/profile/tag-rules/tag-words.ts';
import type { TagDefinition, TagSet } from '../../../features/profile/tags.ts';
import type { AudienceConfig, SceneConfig } from '../../config/scene-config.ts';
import type { ItemPredicate } from '../candidate-tests.ts';
import type { CandidateFilter } from '../stage.ts';

/** One audience rule of a scene, with its tags at hand. */
interface AudienceRule {
  readonly config: AudienceConfig;
  readonly tags: readonly TagDefinition[];
  readonly matchers: WeakMap<Catalogue, ItemPredicate>;
}

/**
 * Makes the filter that shows products to some audiences only, or never to them: an audience is who has one of the tags, or is in one of
 * the segments, that a rule of the scene names.
 *
 * Who is not known, or must not be, is in no audience. When the profile should have been read and could not be, `never` rules hold for
 * everybody: what must not be shown is not shown on a guess.
 * Cost: the named tags once per query; per candidate a look at a column for each rule that hides something.
 */
export function makeAudienceFilter(tagSet: TagSet): CandidateFilter {
  const rulesByScene = new WeakMap<SceneConfig, readonly AudienceRule[]>();
  const rulesOf = (scene: SceneConfig): readonly AudienceRule[] => {
    let rules = rulesByScene.get(scene);
    if (rules === undefined) {
      rules = scene.audiences.map((config) => ruleOf(config, tagSet));
      rulesByScene.set(scene, rules);
    }
    return rules;
  };
  return {
    reason: 'audience',
    predicateFor({ query, profile, context, isProfileFailed }) {
      if (query.scene.audiences.length === 0) return undefined;
      const hidden: ItemPredicate[] = [];
      for (const rule of rulesOf(query.scene)) {
        const isMember = isInAudience(rule, profile, tagSet, query.nowMs);
        const isHidden = rule.config.mode === 'only' ? !isMember : isMember || isProfileFailed;
        if (isHidden) hidden.push(matcherOf(rule, context.model.catalogue));
      }
      return hidden.length === 0 ? undefined : (item) => !hidden.some((isMatch) => isMatch(item));
    },
  };
}

function ruleOf(config: AudienceConfig, { tags }: TagSet): AudienceRule {
  const named = new Set(config.tags);
  return { config, tags: tags.filter(({ name }) => named.has(name)), matchers: new WeakMap() };
}

function isInAudience({ config, tags }: AudienceRule, profile: Profile, tagSet: TagSet, nowMs: number): boolean {
  const hasTag = tags.some(
    ({ name, rule }) => !profile.deletedTags.includes(name) && rule(profile, { nowMs }).length > 0,
  );
  if (hasTag) return true;
  const { segments = [] } = config;
  if (segments.length === 0) return false;
  const ofShopper = [rfmOf(profile, nowMs, tagSet.thresholds)?.cell, lifecycleOf(profile, nowMs, tagSet.thresholds)];
  return segments.some((segment) => ofShopper.includes(segment));
}

function matcherOf({ config, matchers }: AudienceRule, catalogue: Catalogue): ItemPredicate {
  let matcher = matchers.get(catalogue);
  if (matcher === undefined) {
    matcher = makeMatcher(config.items, catalogue);
    matchers.set(catalogue, matcher);
  }
  return matcher;
}

/** Products that meet every condition given. Missing: a product without category, brand or attribute meets no condition on it. */
function makeMatcher(
  { categories, brands, attributes = {} }: AudienceConfig['items'],
  catalogue: Catalogue,
): ItemPredicate {
  const tests: ItemPredicate[] = [];
  if (categories !== undefined) {
    const isMeant = remembered((item) => {
      const category = catalogue.categories[item];
      return category !== undefined && categories.some((path) => isWithin(category, path));
    });
    tests.push((item) => isMeant(catalogue.codeOf(item, 'category'), item));
  }
  if (brands !== undefined) {
    const isMeant = remembered((item) => brands.includes(catalogue.brands[item] ?? ''));
    tests.push((item) => isMeant(catalogue.codeOf(item, 'brand'), item));
  }
  for (const [name, values] of Object.entries(attributes)) {
    tests.push((item) => {
      const value = catalogue.attributes.get(name)?.[item];
      return (value ?? '').split('|').some((one) => values.includes(one));
    });
  }
  return (item) => tests.every((test) => test(item));
}

/** Products of one number share category or brand, so names are compared once for each number. */
function remembered(test: ItemPredicate): (number: number, item: number) => boolean {
  const answers: boolean[] = [];
  return (number, item) => {
    if (number < 0) return false;
    answers[number] ??= test(item);
    return answers[number];
  };
}
