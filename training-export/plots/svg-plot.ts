import { writeFile } from 'node:fs/promises';
import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';

/**
 * Draws a Vega-Lite chart to an SVG file: the only importer of vega.
 *
 * @param spec chart with its data in `data.values`
 */
export async function writeSvgPlot(spec: TopLevelSpec, file: string): Promise<void> {
  const { spec: vegaSpec } = compile({ background: 'white', ...spec });
  const view = new View(parse(vegaSpec), { renderer: 'none' });
  try {
    await writeFile(file, await view.toSVG());
  } finally {
    view.finalize();
  }
}

/** Horizontal bars, one group per metric: methods side by side. */
export function methodBarsSpec(
  title: string,
  rows: readonly { method: string; metric: string; value: number }[],
): TopLevelSpec {
  const methods = [...new Set(rows.map(({ method }) => method))];
  return {
    title,
    data: { values: [...rows] },
    facet: { field: 'metric', type: 'nominal', title: null },
    columns: 2,
    spec: {
      width: 260,
      height: { step: 20 },
      layer: [
        {
          mark: { type: 'bar' },
          encoding: {
            y: { field: 'method', type: 'nominal', sort: methods, title: null },
            x: { field: 'value', type: 'quantitative', title: null },
            color: { field: 'method', type: 'nominal', sort: methods, legend: null },
          },
        },
        {
          mark: { type: 'text', align: 'left', dx: 3 },
          encoding: {
            y: { field: 'method', type: 'nominal', sort: methods },
            x: { field: 'value', type: 'quantitative' },
            text: { field: 'value', type: 'quantitative', format: '.3f' },
          },
        },
      ],
    },
    resolve: { scale: { x: 'independent' } },
  };
}

/** Predicted against observed frequency, with the diagonal of perfect calibration. */
export function calibrationSpec(
  title: string,
  bins: readonly { meanProbability: number; takenRatio: number; count: number }[],
): TopLevelSpec {
  const highest = Math.max(...bins.flatMap(({ meanProbability, takenRatio }) => [meanProbability, takenRatio]));
  return {
    title,
    width: 320,
    height: 320,
    layer: [
      {
        data: {
          values: [
            { x: 0, y: 0 },
            { x: highest, y: highest },
          ],
        },
        mark: { type: 'line', strokeDash: [4, 4], color: 'gray' },
        encoding: { x: { field: 'x', type: 'quantitative' }, y: { field: 'y', type: 'quantitative' } },
      },
      {
        data: { values: [...bins] },
        mark: { type: 'line', point: true },
        encoding: {
          x: { field: 'meanProbability', type: 'quantitative', title: 'predicted probability' },
          y: { field: 'takenRatio', type: 'quantitative', title: 'share taken' },
        },
      },
    ],
  };
}

/** Loss of training and validation by epoch. */
export function lossSpec(
  title: string,
  rows: readonly { epoch: number; window: string; loss: number }[],
): TopLevelSpec {
  return {
    title,
    width: 320,
    height: 220,
    data: { values: [...rows] },
    mark: { type: 'line', point: true },
    encoding: {
      x: { field: 'epoch', type: 'ordinal' },
      y: { field: 'loss', type: 'quantitative', scale: { zero: false }, title: 'log loss' },
      color: { field: 'window', type: 'nominal', title: null },
    },
  };
}
