import type { MetricSnapshot } from './join-metrics.ts';

const INTRODUCTION = `# Metrics

\`GET /metrics\`, on either listener, in the Prometheus text format. With several workers the reply is that of all together, whichever is
asked: counters and histograms are added and never fall when a worker is replaced, gauges show the highest value of the workers. What is
true of one process only (\`process_*\`, \`nodejs_*\`: memory, processor time, event-loop delay, collections) carries the label \`worker\` with
the worker's number or \`supervisor\`; with one worker there is no such label.

Labels are small fixed sets: never ids, paths or anything a client chooses.

This page is generated from the definitions.
`;

/** The page `docs/metrics.md`: our metrics by name, with kind and meaning. */
export function metricsMarkdown(snapshots: readonly MetricSnapshot[]): string {
  const ours = snapshots.flat().filter(({ name }) => name.startsWith('vitrine_'));
  const rows = ours.map(({ name, type, help }) => `| \`${name}\` | ${type} | ${help.replaceAll('|', '\\|')} |`).sort();
  return [INTRODUCTION, '| metric | kind | meaning |', '| --- | --- | --- |', ...rows, ''].join('\n');
}
