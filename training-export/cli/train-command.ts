import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, VitrineError } from '../../features/core/errors.ts';
import { DEFAULT_SCHEMA } from '../../features/schema/default-schema.ts';
import type { FeatureSchemaDeclaration } from '../../features/schema/feature-schema.ts';
import { parseSchemaDeclaration } from '../../features/schema/parse-schema.ts';
import { bundleFolder } from '../../models/bundle/list-bundles.ts';
import { loadDataset } from '../datasets/dataset.ts';
import { DEFAULT_TARGET, parseTargetRule } from '../examples/target-rule.ts';
import { exportTrained } from '../export/export-trained.ts';
import { calibrationSpec, lossSpec, writeSvgPlot } from '../plots/svg-plot.ts';
import {
  DEFAULT_TRAINING,
  type TrainedRecommender,
  type TrainingOptions,
  trainRecommender,
} from '../train/train-recommender.ts';
import { describeIndex } from './describe-index.ts';
import { ProgressBars } from './progress.ts';

/** Options of `vitrine train`, parsed; what is absent has its value of `DEFAULT_TRAINING`. */
export interface TrainCommand {
  readonly dataset: string;
  readonly artifacts: string;
  readonly report: string;
  readonly schema?: string;
  readonly target?: string;
  readonly version?: string;
  readonly seed: number;
  readonly validationRatio?: number;
  readonly testRatio?: number;
  readonly embeddingDim?: number;
  readonly batchSize?: number;
  readonly maxEpochs?: number;
  readonly towerEpochs?: number;
  readonly patience?: number;
  readonly learningRate?: number;
  readonly annQuota?: number;
}

/** Trains on a dataset folder and writes a bundle; returns its version. Errors: as `loadDataset`, `trainRecommender` and `writeBundle`. */
export async function trainCommand(command: TrainCommand, overrides: Partial<TrainingOptions> = {}): Promise<string> {
  if (command.version !== undefined) requireFreeVersion(command.artifacts, command.version);
  const bars = new ProgressBars();
  try {
    const dataset = await loadDataset(command.dataset);
    const options = { ...trainingOptions(command, await readSchema(command.schema)), ...overrides };
    const trained = await trainRecommender(dataset, options, (progress) => {
      switch (progress.step) {
        case 'dropped fields':
          return bars.finish('schema', `no values for ${progress.fields.join(', ')}: left out`);
        case 'examples':
          return bars.update('examples', progress.doneRatio);
        case 'towers':
        case 'ranker':
          return bars.update(`${progress.step} epoch ${progress.epoch}`, progress.doneRatio);
        case 'tower epoch': {
          const { epoch, trainLoss, validationRecall, pairsPerSecond } = progress.report;
          const rate = `${Math.round(pairsPerSecond)} pairs/s`;
          return bars.finish(
            `towers epoch ${epoch}`,
            `loss ${trainLoss.toFixed(3)}, validation recall@100 ${validationRecall.toFixed(4)}, ${rate}`,
          );
        }
        case 'ranker epoch': {
          const { epoch, validationLogLoss, validationAuc, examplesPerSecond } = progress.report;
          const rate = `${Math.round(examplesPerSecond)} examples/s`;
          return bars.finish(
            `ranker epoch ${epoch}`,
            `validation log loss ${validationLogLoss.toFixed(4)}, AUC ${validationAuc.toFixed(4)}, ${rate}`,
          );
        }
      }
    });
    const { version, artifacts, annQuota } = command;
    const exported = await exportTrained(trained, {
      artifactsFolder: artifacts,
      seed: command.seed,
      ...(version === undefined ? {} : { modelVersion: version }),
      ...(annQuota === undefined ? {} : { annQuota }),
      onProgress: (doneRatio) => bars.update('index', doneRatio),
    });
    bars.finish('index', describeIndex(exported.index));
    await writeReport(join(command.report, exported.modelVersion), trained);
    bars.stop();
    process.stdout.write(summary(trained, exported.folder, join(command.report, exported.modelVersion)));
    return exported.modelVersion;
  } finally {
    bars.stop();
  }
}

/** The writer refuses an existing version, too, but only after the training. */
function requireFreeVersion(artifacts: string, version: string): void {
  const folder = bundleFolder(artifacts, version);
  if (!existsSync(folder)) return;
  throw new VitrineError(
    'REC_BUNDLE_INVALID',
    `bundle ${version} exists already at ${folder}; bundles never change, so use another --version`,
  );
}

function trainingOptions(command: TrainCommand, schema: FeatureSchemaDeclaration): TrainingOptions {
  const { ranker, towers } = DEFAULT_TRAINING;
  const { seed } = command;
  return {
    ...DEFAULT_TRAINING,
    schema,
    target: command.target === undefined ? DEFAULT_TARGET : parseTargetRule(command.target),
    seed,
    validationRatio: command.validationRatio ?? DEFAULT_TRAINING.validationRatio,
    testRatio: command.testRatio ?? DEFAULT_TRAINING.testRatio,
    ranker: {
      ...ranker,
      seed,
      batchSize: command.batchSize ?? ranker.batchSize,
      maxEpochs: command.maxEpochs ?? ranker.maxEpochs,
      patience: command.patience ?? ranker.patience,
      learningRate: command.learningRate ?? ranker.learningRate,
    },
    towers: {
      ...towers,
      seed,
      maxEpochs: command.towerEpochs ?? towers.maxEpochs,
      embeddingDim: command.embeddingDim ?? towers.embeddingDim,
    },
  };
}

async function readSchema(file: string | undefined): Promise<FeatureSchemaDeclaration> {
  if (file === undefined) return DEFAULT_SCHEMA;
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new VitrineError('REC_INVALID_SCHEMA', `--schema ${file} cannot be read: ${messageOf(cause)}`, { cause });
  }
  return parseSchemaDeclaration(text);
}

async function writeReport(folder: string, trained: TrainedRecommender): Promise<void> {
  await mkdir(folder, { recursive: true });
  const { validation, test, rankerEpochs, towerEpochs, exampleCount } = trained;
  await writeFile(
    join(folder, 'training.json'),
    `${JSON.stringify({ exampleCount, validation, test, rankerEpochs, towerEpochs }, null, 2)}\n`,
  );
  const losses = rankerEpochs.flatMap(({ epoch, trainLogLoss, validationLogLoss }) => [
    { epoch, window: 'training', loss: trainLogLoss },
    { epoch, window: 'validation', loss: validationLogLoss },
  ]);
  await writeSvgPlot(lossSpec('Ranker', losses), join(folder, 'ranker-loss.svg'));
  await writeSvgPlot(
    calibrationSpec('Calibration on the test window', (test ?? validation).calibration),
    join(folder, 'calibration.svg'),
  );
}

function summary(trained: TrainedRecommender, bundleFolder: string, reportFolder: string): string {
  const line = (name: string, metrics: TrainedRecommender['validation'] | undefined): string => {
    if (metrics === undefined) return '';
    // Ratings are judged one by one: there are no groups to rank within.
    const grouped = Number.isNaN(metrics.groupedAuc) ? '' : `  grouped AUC ${metrics.groupedAuc.toFixed(4)}`;
    const losses = `log loss ${metrics.logLoss.toFixed(4)}  calibration error ${metrics.calibrationError.toFixed(4)}`;
    return `${name.padEnd(11)} AUC ${metrics.auc.toFixed(4)}${grouped}  ${losses}  (${metrics.exampleCount} examples)\n`;
  };
  return `${line('validation', trained.validation)}${line('test', trained.test)}bundle ${bundleFolder}\nreport ${reportFolder}\n`;
}
