import { MultiBar, Presets, type SingleBar } from 'cli-progress';

/** Shows long work as bars, one per step; on a terminal that cannot redraw, as a line per finished step. */
export class ProgressBars {
  private readonly bars: MultiBar | undefined;
  private readonly byStep = new Map<string, SingleBar>();
  private readonly startedAtMs = new Map<string, number>();

  constructor(stream: NodeJS.WriteStream = process.stderr) {
    this.bars = stream.isTTY
      ? new MultiBar(
          { format: '{step} {bar} {percentage}% {detail}', hideCursor: true, stream, barsize: 30 },
          Presets.shades_classic,
        )
      : undefined;
  }

  /** @param doneRatio 0..1 */
  update(step: string, doneRatio: number, detail = ''): void {
    if (!this.startedAtMs.has(step)) this.startedAtMs.set(step, performance.now());
    if (this.bars === undefined) return;
    let bar = this.byStep.get(step);
    if (bar === undefined) {
      bar = this.bars.create(100, 0, { step: step.padEnd(22), detail });
      this.byStep.set(step, bar);
    }
    bar.update(Math.floor(doneRatio * 100), { detail });
  }

  /** Completes a step and says what came of it. */
  finish(step: string, result: string): void {
    const seconds = ((performance.now() - (this.startedAtMs.get(step) ?? performance.now())) / 1000).toFixed(1);
    if (this.bars === undefined) process.stderr.write(`${step}: ${result} (${seconds} s)\n`);
    else this.update(step, 1, `${result} (${seconds} s)`);
  }

  stop(): void {
    this.bars?.stop();
  }
}
