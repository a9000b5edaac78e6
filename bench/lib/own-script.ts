import { isAbsolute } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Whether this runs from TypeScript sources, as in tests, and not compiled. */
export const IS_SOURCE = import.meta.url.endsWith('.ts');

/** The folder that holds bench/, features/ and so on: the checkout, or dist/ in it. */
export const TREE_URL = new URL('../../', import.meta.url);

/**
 * Arguments that make Node run another script of this project: compiled when this one is, else from sources.
 *
 * @param path from the folder bench/, without extension; or a whole path
 * @param preloads modules of this project that are loaded before it
 */
export function ownScript(path: string, preloads: readonly URL[] = []): string[] {
  const script = isAbsolute(path)
    ? path
    : fileURLToPath(new URL(`bench/${path}${IS_SOURCE ? '.ts' : '.js'}`, TREE_URL));
  const loader = new URL('features/store/testing/typescript-loader.mjs', TREE_URL);
  const imports = IS_SOURCE ? [loader, ...preloads] : preloads;
  return [...imports.flatMap(({ href }) => ['--import', href]), script];
}
