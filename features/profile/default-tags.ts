import { readFileSync } from 'node:fs';
import { parseTags } from './parse-tags.ts';
import type { TagSet } from './tags.ts';

/** The tags a shop has until it writes a file of its own: `default-tags.json`, which is also the file to start from. */
export function loadDefaultTags(): TagSet {
  const file = new URL('./default-tags.json', import.meta.url);
  return parseTags(readFileSync(file, 'utf8'), 'default-tags.json');
}
