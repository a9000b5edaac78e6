import type { Profile } from './profile.ts';
import type { SegmentThresholds } from './segments.ts';
import type { TagMoment, TagRule } from './tag-rules/tag-rule.ts';

export const TAG_FAMILIES = ['basic', 'behaviour', 'preference', 'value', 'lifecycle'] as const;
export type TagFamily = (typeof TAG_FAMILIES)[number];

/** One tag of a tags file, ready to be tried on profiles. */
export interface TagDefinition {
  /** `[a-z][a-z0-9_]*`, unique in the file: what rules, filters and deletions name. */
  readonly name: string;
  readonly family: TagFamily;
  /** For people. */
  readonly title: string;
  readonly rule: TagRule;
}

/** A tags file, checked. */
export interface TagSet {
  readonly thresholds: SegmentThresholds;
  /** In the order of the file. */
  readonly tags: readonly TagDefinition[];
}

/** A tag a shopper has, and why. */
export interface Tag {
  readonly name: string;
  readonly family: TagFamily;
  readonly title: string;
  /** What it is about, e.g. a category; the same tag can come with several values. */
  readonly value?: string;
  /** In words, with the day: `bought Baby > Formula on 2026-05-03; 62 percent of their interest`. Days are those of UTC. */
  readonly reason: string;
}

/**
 * The tags a shopper has at a moment, worked out of the profile each time and never stored, so that they are as true as the profile.
 *
 * Order: that of the file. Tags the shopper deleted stay away.
 */
export function evaluateTags(profile: Profile, { tags }: TagSet, moment: TagMoment): Tag[] {
  return tags
    .filter(({ name }) => !profile.deletedTags.includes(name))
    .flatMap(({ name, family, title, rule }) =>
      rule(profile, moment).map((finding) => ({ name, family, title, ...finding })),
    );
}
