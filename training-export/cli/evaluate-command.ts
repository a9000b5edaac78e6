import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { VitrineError } from '../../features/core/errors.ts';
import type { EventType } from '../../features/profile/event.ts';
import { ModelRegistry } from '../../models/bundle/model-registry.ts';
import { loadDataset } from '../datasets/dataset.ts';
import { type Evaluation, evaluateBundle } from '../evaluate/evaluate-bundle.ts';
import { PROTOCOLS, type Protocol } from '../evaluate/evaluation-cases.ts';
import { parseTargetRule } from '../examples/target-rule.ts';
import { methodBarsSpec, writeSvgPlot } from '../plots/svg-plot.ts';
import { ProgressBars } from './progress.ts';

/** Options of `vitrine evaluate`, parsed. */
export interface EvaluateCommand {
  readonly dataset: string;
  readonly artifacts: string;
  readonly version: string;
  readonly report: string;
  readonly protocol: string;
  readonly target?: string;
  readonly maxCases: number;
}

/** Judges a bundle beside its baselines; prints a table and writes JSON and a plot. Errors: as `evaluateBundle`. */
export async function evaluateCommand(command: EvaluateCommand): Promise<Evaluation> {
  const protocol = PROTOCOLS.find((name) => name === command.protocol);
  if (protocol === undefined) {
    throw new VitrineError(
      'REC_INVALID_INPUT_DATA',
      `--protocol is "${command.protocol}", expected one of ${PROTOCOLS.join(', ')}`,
    );
  }
  const registry = new ModelRegistry(command.artifacts);
  const bars = new ProgressBars();
  try {
    const model = await registry.activate(command.version);
    const dataset = await loadDataset(command.dataset);
    const evaluation = await evaluateBundle(dataset, model, {
      protocol,
      targetTypes: targetTypesOf(command.target, protocol),
      maxCases: command.maxCases,
      onProgress: (method, doneRatio) => bars.update(method, doneRatio),
    });
    bars.stop();
    const folder = join(command.report, model.modelVersion);
    await writeEvaluation(folder, evaluation);
    process.stdout.write(`${evaluationTable(evaluation)}\nreport ${folder}\n`);
    return evaluation;
  } finally {
    bars.stop();
    await registry.close();
  }
}

function targetTypesOf(text: string | undefined, protocol: Protocol): readonly EventType[] {
  if (text === undefined) return protocol === 'visit' ? ['purchase'] : ['view_item', 'add_to_cart', 'purchase'];
  const rule = parseTargetRule(text);
  if (rule.kind === 'events') return rule.types;
  throw new VitrineError(
    'REC_INVALID_INPUT_DATA',
    `--target "${text}": evaluation takes event names, ratings are judged while training`,
  );
}

async function writeEvaluation(folder: string, evaluation: Evaluation): Promise<void> {
  await mkdir(folder, { recursive: true });
  const name = `evaluation-${evaluation.protocol}`;
  await writeFile(join(folder, `${name}.json`), `${JSON.stringify(evaluation, null, 2)}\n`);
  const rows = evaluation.results.flatMap(({ method, metrics }) => {
    const [at10, at20, at100] = metrics;
    return [
      { method, metric: 'NDCG@10', value: at10!.ndcg },
      { method, metric: 'hit rate@20', value: at20!.hitRate },
      { method, metric: 'recall@100', value: at100!.recall },
      { method, metric: 'coverage@20', value: at20!.coverage },
    ];
  });
  const title = `${evaluation.dataset}, ${evaluation.protocol} protocol, ${evaluation.caseCount} cases`;
  await writeSvgPlot(methodBarsSpec(title, rows), join(folder, `${name}.svg`));
}

/** The evaluation as a Markdown table. */
export function evaluationTable(evaluation: Evaluation): string {
  const head = `${evaluation.dataset}, model ${evaluation.modelVersion}, protocol ${evaluation.protocol} (${evaluation.targetTypes.join(', ')}), ${evaluation.caseCount} cases from ${evaluation.testFrom} to ${evaluation.testTo}`;
  const rows = evaluation.results.map(({ method, metrics }) => {
    const [at10, at20, at100] = metrics;
    const cells = [at10!.ndcg, at20!.hitRate, at20!.mrr, at20!.ndcg, at100!.recall, at20!.coverage].map((value) =>
      value.toFixed(4),
    );
    return `| ${method} | ${cells.join(' | ')} |`;
  });
  const columns = '| method | NDCG@10 | HR@20 | MRR@20 | NDCG@20 | recall@100 | coverage@20 |';
  return [head, '', columns, '| --- | --- | --- | --- | --- | --- | --- |', ...rows].join('\n');
}
