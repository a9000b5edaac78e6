import { readFileSync } from 'node:fs';
import { messageOf, VitrineError } from '../../features/core/errors.ts';
import { loadDefaultTags } from '../../features/profile/default-tags.ts';
import { parseTags } from '../../features/profile/parse-tags.ts';
import type { TagSet } from '../../features/profile/tags.ts';
import { describeJsonError } from './describe-json-error.ts';

/**
 * Reads the tags file of the shop, or the default one.
 *
 * Errors: REC_INVALID_CONFIG, REC_SENSITIVE_ATTRIBUTE; the message names the file and each problem with tag and field, or line and
 * column where it is not JSON: whoever edits the file need not know the program.
 *
 * @param path as resolved; '' takes the default tags
 * @param text what {@link readTagsFile} gave, perhaps in another process
 */
export function loadTags(path: string, text: string = readTagsFile(path)): TagSet {
  if (path === '') return loadDefaultTags();
  const broken = describeJsonError(text);
  if (broken === undefined) return parseTags(text, path);
  const place = `line ${broken.line}, column ${broken.column}`;
  throw refusal(path, `it is not valid JSON at ${place}: expected ${broken.expected}`);
}

/** The content of a tags file; '' for the default tags. Errors: REC_INVALID_CONFIG. */
export function readTagsFile(path: string): string {
  if (path === '') return '';
  try {
    return readFileSync(path, 'utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    throw refusal(path, `it cannot be read (${messageOf(error)}); give a readable file in features.tags, or none`);
  }
}

function refusal(path: string, problem: string): VitrineError {
  return new VitrineError('REC_INVALID_CONFIG', `${path} cannot be used:\n- ${problem}`);
}
