import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TopLevelSpec } from 'vega-lite';
import { writeSvgPlot } from '../../training-export/plots/svg-plot.ts';
import type { Environment } from './environment.ts';

/** The part every result has. */
export interface BenchResult {
  readonly format: 'vitrine-bench-result';
  readonly formatVersion: 1;
  readonly bench: string;
  readonly environment: Environment;
  /** Why latencies of this run must not be quoted; empty for a valid one. */
  readonly faults: readonly string[];
}

/** What {@link OutcomeCounts} and latencies a result keeps: histograms and timelines are for joining and splitting runs, not for files. */
function withoutEncoded(key: string, value: unknown): unknown {
  return key === 'encodedLatency' || key === 'encodedTimeline' ? undefined : value;
}

/**
 * Writes `<bench>-<moment>.json`, or `<name>.json`, and one SVG file per plot beside it.
 *
 * @returns paths of what was written, the result first
 */
export async function writeResult(
  folder: string,
  result: BenchResult,
  plots: Readonly<Record<string, TopLevelSpec>>,
  name?: string,
): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const stamp = result.environment.at.replaceAll(/[-:]/g, '').slice(0, 15);
  const base = join(folder, name ?? `${result.bench}-${stamp}`);
  const files = [`${base}.json`];
  await writeFile(files[0]!, `${JSON.stringify(result, withoutEncoded, 2)}\n`);
  for (const [plot, spec] of Object.entries(plots)) {
    const file = `${base}-${plot}.svg`;
    await writeSvgPlot(spec, file);
    files.push(file);
  }
  return files;
}
