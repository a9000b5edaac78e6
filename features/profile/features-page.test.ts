import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { EVENT_HASH_CAPACITY, EVENT_MEMORY_HOURS } from './profile.ts';
import { LARGEST_PROFILE_BYTES } from './profile-codec.ts';
import { LIFECYCLE_STAGES, RFM_CELLS } from './segments.ts';
import { TAG_RULE_KINDS } from './tag-rules/compile-tag-rule.ts';

const page = readFileSync(new URL('../../docs/features.md', import.meta.url), 'utf8');

/** The line of the page's table that begins with a name. */
const rowOf = (name: string): string => page.split('\n').find((line) => line.startsWith(`| \`${name}\` |`)) ?? '';

describe('docs/features.md', () => {
  it.each(Array.from(TAG_RULE_KINDS))('explains the rule %s with its parameters and their defaults', (name, kind) => {
    for (const [parameter, spec] of Object.entries(kind.parameters)) {
      expect(rowOf(name)).toContain(`\`${parameter}\``);
      const defaultValue = 'defaultValue' in spec ? spec.defaultValue : undefined;
      if (defaultValue !== undefined)
        expect(rowOf(name)).toMatch(new RegExp(`\`${parameter}\`[^,]* \\(${defaultValue}\\)`));
    }
  });

  it('names no rule that there is not', () => {
    const table = page.slice(page.indexOf('| kind | holds when'), page.indexOf('Shares are numbers'));
    const names = Array.from(table.matchAll(/^\| `([a-z_]+)` \|/gm), ([, name]) => name);
    expect(names.sort()).toEqual(Array.from(TAG_RULE_KINDS.keys()).sort());
  });

  it.each([...RFM_CELLS, ...LIFECYCLE_STAGES])('names the segment %s', (name) => {
    expect(page).toContain(`\`${name}\``);
  });

  it('states the largest record and the window of the event memory', () => {
    expect(page).toContain(`**${String(LARGEST_PROFILE_BYTES).replace(/(\d{3})$/, ' $1')}**`);
    expect(page).toContain(
      `**${EVENT_MEMORY_HOURS} hours after it arrived, among the latest ${EVENT_HASH_CAPACITY} of the shopper**`,
    );
  });
});
