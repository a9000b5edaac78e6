import { Counter, type Metric, type Registry } from 'prom-client';

/** Most label combinations one metric keeps: a label that turns out to be unbounded must not fill memory. Later ones are counted together. */
const MAX_SERIES = 512;
const OVERFLOW = 'other';

/** Gives each combination of label values a row number. */
class SeriesTable {
  readonly labelNames: readonly string[];
  readonly rows: (readonly string[])[] = [];
  private readonly rowByKey = new Map<string, number>();

  constructor(labelNames: readonly string[]) {
    this.labelNames = labelNames;
    if (labelNames.length === 0) this.rowOf([]);
  }

  rowOf(labelValues: readonly string[]): number {
    const key = labelValues.length === 1 ? labelValues[0]! : labelValues.join('\u0000');
    const known = this.rowByKey.get(key);
    if (known !== undefined) return known;
    if (this.rows.length >= MAX_SERIES - 1 && labelValues[0] !== OVERFLOW)
      return this.rowOf(this.labelNames.map(() => OVERFLOW));
    const row = this.rows.length;
    this.rows.push([...labelValues]);
    this.rowByKey.set(key, row);
    return row;
  }

  labelsOf(row: number): Record<string, string> {
    const labels: Record<string, string> = {};
    for (const [i, name] of this.labelNames.entries()) labels[name] = this.rows[row]![i]!;
    return labels;
  }
}

function grown(values: Float64Array, count: number): Float64Array {
  if (count <= values.length) return values;
  const larger = new Float64Array(Math.max(count, values.length * 2));
  larger.set(values);
  return larger;
}

export interface MetricDefinition {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly string[];
}

/**
 * Counts by label on the hot path: an addition to a typed array; prom-client sees the sums at scrape only.
 *
 * Cost: one map lookup and one addition per call.
 */
export class TypedCounter {
  private readonly series: SeriesTable;
  private totals = new Float64Array(16);

  constructor(registry: Registry, definition: MetricDefinition) {
    const series = new SeriesTable(definition.labelNames);
    this.series = series;
    const totalOf = (row: number): number => this.totals[row]!;
    new Counter({
      name: definition.name,
      help: definition.help,
      labelNames: [...definition.labelNames],
      registers: [registry],
      collect() {
        this.reset();
        for (let row = 0; row < series.rows.length; row++) this.inc(series.labelsOf(row), totalOf(row));
      },
    });
  }

  /** @param labelValues in the order of the definition's names */
  add(amount: number, ...labelValues: string[]): void {
    const row = this.series.rowOf(labelValues);
    if (row >= this.totals.length) this.totals = grown(this.totals, row + 1) as Float64Array<ArrayBuffer>;
    this.totals[row]! += amount;
  }
}

export interface HistogramDefinition extends MetricDefinition {
  /** Upper edges, ascending, inclusive; infinity is implied. */
  readonly buckets: readonly number[];
}

interface HistogramValue {
  readonly metricName: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

/**
 * A histogram on the hot path: one addition to a bucket; sums over buckets are made at scrape.
 *
 * Cost: one map lookup, a scan of the buckets and three additions per call.
 */
export class TypedHistogram {
  private readonly series: SeriesTable;
  private readonly definition: HistogramDefinition;
  private readonly edges: Float64Array;
  /** Shape `[series, edges + 2]`: one count per bucket, the last above all edges, then the sum of values. */
  private cells: Float64Array;
  private readonly width: number;

  constructor(registry: Registry, definition: HistogramDefinition) {
    this.definition = definition;
    this.series = new SeriesTable(definition.labelNames);
    this.edges = Float64Array.from(definition.buckets);
    this.width = this.edges.length + 2;
    this.cells = new Float64Array(this.width * 8);
    const metric = {
      name: definition.name,
      help: definition.help,
      type: 'histogram',
      aggregator: 'sum',
      get: () => Promise.resolve(this.snapshot()),
      reset: () => {
        this.cells.fill(0);
      },
    };
    // The registry calls nothing but name, get and reset; its type lists only its own classes.
    registry.registerMetric(metric as unknown as Metric);
  }

  /** @param labelValues in the order of the definition's names */
  observe(value: number, ...labelValues: string[]): void {
    const row = this.series.rowOf(labelValues);
    const start = row * this.width;
    this.cells = grown(this.cells, start + this.width);
    const { edges, cells } = this;
    let bucket = 0;
    while (bucket < edges.length && value > edges[bucket]!) bucket++;
    cells[start + bucket]! += 1;
    cells[start + this.width - 1]! += value;
  }

  private snapshot() {
    const { name, help } = this.definition;
    const values: HistogramValue[] = [];
    for (let row = 0; row < this.series.rows.length; row++) values.push(...this.seriesValues(row));
    return { name, help, type: 'histogram', aggregator: 'sum', values };
  }

  private seriesValues(row: number): HistogramValue[] {
    const { name } = this.definition;
    const labels = this.series.labelsOf(row);
    const start = row * this.width;
    const values: HistogramValue[] = [];
    let count = 0;
    for (let bucket = 0; bucket <= this.edges.length; bucket++) {
      count += this.cells[start + bucket]!;
      const le = bucket < this.edges.length ? this.edges[bucket]! : '+Inf';
      values.push({ metricName: `${name}_bucket`, labels: { le, ...labels }, value: count });
    }
    values.push({ metricName: `${name}_sum`, labels, value: this.cells[start + this.width - 1]! });
    values.push({ metricName: `${name}_count`, labels, value: count });
    return values;
  }
}
