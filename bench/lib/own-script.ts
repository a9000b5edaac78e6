import { fileURLToPath } from 'node:url';

const IS_SOURCE = import.meta.url.endsWith('.ts');

/**
 * Arguments that make Node run another script of this project: compiled when this one is, else from sources, as in tests.
 *
 * @param path from the folder bench/, without extension
 */
export function ownScript(path: string): string[] {
  const script = fileURLToPath(new URL(`../${path}${IS_SOURCE ? '.ts' : '.js'}`, import.meta.url));
  if (!IS_SOURCE) return [script];
  return ['--import', new URL('../../features/store/testing/typescript-loader.mjs', import.meta.url).href, script];
}
