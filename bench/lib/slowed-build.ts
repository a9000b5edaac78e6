import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BUNDLE_FILES, MANIFEST_FILE } from '../../models/bundle/manifest.ts';
import { IS_SOURCE, TREE_URL } from './own-script.ts';

/**
 * Ways to make a build slower than it is, to see the guard fail:
 * `requests` holds each one back before the server, `javascript` adds work to each in the server, `plain-graph` serves the ranker
 * that is not folded.
 */
export const SLOWED_KINDS = ['requests', 'javascript', 'plain-graph'] as const;
export type SlowedKind = (typeof SLOWED_KINDS)[number];

/** How long `requests` holds a request back. */
export const HELD_BACK_MS = 2;

/** Loaded into a process, it slows every request down there. */
export const SLOW_JAVASCRIPT = new URL(`bench/lib/slow-javascript.${IS_SOURCE ? 'ts' : 'js'}`, TREE_URL);

/** Copies a bundle without its folded ranker, as a build would write it that lost folding. Returns the folder of bundles it lies in. */
export async function withoutFoldedRanker(bundleFolder: string, modelVersion: string, into: string): Promise<string> {
  const folder = join(into, modelVersion);
  await cp(bundleFolder, folder, { recursive: true });
  await rm(join(folder, BUNDLE_FILES.servingRanker));
  const manifestFile = join(folder, MANIFEST_FILE);
  const manifest = JSON.parse(await readFile(manifestFile, 'utf8')) as { files: { name: string }[] };
  manifest.files = manifest.files.filter(({ name }) => name !== BUNDLE_FILES.servingRanker);
  await writeFile(manifestFile, JSON.stringify(manifest));
  return into;
}
