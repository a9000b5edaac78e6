import { Deadline } from '../../features/core/deadline.ts';
import { VitrineError } from '../../features/core/errors.ts';
import { exportLog, type LogExport } from '../datasets/export-log.ts';
import { ProgressBars } from './progress.ts';
import { openExistingStoreOf, type StoreFlags } from './store-flags.ts';

/** Options of `vitrine export-events`, parsed. */
export interface ExportEventsCommand extends StoreFlags {
  readonly out: string;
  readonly slates?: boolean;
  /** Epoch milliseconds or ISO 8601. */
  readonly from?: string;
  readonly to?: string;
}

const PING_MS = 5_000;
const ISO_8601 = /^\d{4}-\d{2}-\d{2}([Tt ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?([Zz]|[+-]\d{2}:?\d{2})?)?$/;

/** Writes the logs of a store as Parquet files that `vitrine import --format plain` reads. */
export async function exportEventsCommand(command: ExportEventsCommand): Promise<LogExport> {
  const range = rangeOf(command);
  const store = await openExistingStoreOf(command);
  const bars = new ProgressBars();
  try {
    await store.ping(Deadline.after(PING_MS));
    const written = await exportLog(store, {
      output: command.out,
      hasSlates: command.slates === true,
      ...range,
      // How much there is in all is not known before the end.
      onProgress: (step, count) => bars.update(step, 0, `${count}`),
    });
    bars.finish('events', `${written.eventCount} in ${written.eventRowCount} rows`);
    if (command.slates === true) bars.finish('slates', `${written.slateCount}`);
    bars.finish('items', `${written.itemCount}`);
    bars.stop();
    const { eventCount, eventRowCount, slateCount, itemCount, notes } = written;
    const slates = command.slates === true ? `, ${slateCount} slates` : '';
    process.stdout.write(
      `${command.out}: ${eventCount} events in ${eventRowCount} rows${slates}, ${itemCount} items from ${store.description}\n`,
    );
    for (const note of notes) process.stdout.write(`note: ${note}\n`);
    return written;
  } finally {
    bars.stop();
    await store.close();
  }
}

function rangeOf({ from, to }: ExportEventsCommand): { fromMs?: number; toMs?: number } {
  const [fromMs, toMs] = [momentOf('--from', from), momentOf('--to', to)];
  if (fromMs !== undefined && toMs !== undefined && fromMs >= toMs) {
    throw new VitrineError('REC_INVALID_INPUT_DATA', `--from ${from} is not before --to ${to}`);
  }
  return { ...(fromMs === undefined ? {} : { fromMs }), ...(toMs === undefined ? {} : { toMs }) };
}

/** Times without a zone, and days, are those of UTC. */
function momentOf(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{12,14}$/.test(text)) return Number(text);
  const hasZone = /([Zz]|[+-]\d{2}:?\d{2})$/.test(text.slice(10));
  const atMs = ISO_8601.test(text) ? Date.parse(text.length === 10 || hasZone ? text : `${text}Z`) : Number.NaN;
  if (Number.isFinite(atMs)) return atMs;
  throw new VitrineError(
    'REC_INVALID_INPUT_DATA',
    `${flag} is ${JSON.stringify(text)}; give epoch milliseconds, a day (2026-05-21) or ISO 8601 date and time, UTC unless a zone is given`,
  );
}
