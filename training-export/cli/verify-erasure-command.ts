import { Deadline } from '../../features/core/deadline.ts';
import { VitrineError } from '../../features/core/errors.ts';
import { asSessionId, asUserId, sessionKey, userKey } from '../../features/core/ids.ts';
import type { FeatureStore, ScanCounts, Trace } from '../../features/store/feature-store.ts';
import { ProgressBars } from './progress.ts';
import { openExistingStoreOf, type StoreFlags } from './store-flags.ts';

/** Options of `vitrine verify-erasure`, parsed. */
export interface VerifyErasureCommand extends StoreFlags {
  readonly id: string;
  /** True: the id names a session, not an account. */
  readonly isSession: boolean;
}

/** Traces printed one by one; what lies beyond is counted. */
const TRACES_SHOWN = 20;
const PING_MS = 5_000;
/** How often the count of what was read is shown anew. */
const TRACES_PER_UPDATE_MS = 200;

/**
 * Searches everything a store holds of the shop for a shopper and says what it looked at and what it found.
 *
 * @returns whether nothing but the tombstone of the erasure is there
 * Errors: REC_INVALID_CONFIG when the store holds nothing of the shop at all, since looking there proves nothing.
 */
export async function verifyErasureCommand(command: VerifyErasureCommand): Promise<boolean> {
  const bars = new ProgressBars();
  const store = await openExistingStoreOf(command);
  try {
    await store.ping(Deadline.after(PING_MS));
    const { scanned, traces } = await search(store, command, bars);
    bars.stop();
    const total = scanned.profiles + scanned.events + scanned.slates;
    if (total === 0) {
      throw new VitrineError(
        'REC_INVALID_CONFIG',
        `${store.description} holds no profile and no log entry: nothing was looked at, so nothing is proved; name the store and --shop of the server`,
      );
    }
    const remains = traces.filter(({ kind }) => kind !== 'tombstone');
    process.stdout.write(`${linesOf(store.description, command, scanned, traces).join('\n')}\n`);
    return remains.length === 0;
  } finally {
    bars.stop();
    await store.close();
  }
}

async function search(
  store: FeatureStore,
  { id, isSession }: VerifyErasureCommand,
  bars: ProgressBars,
): Promise<{ scanned: ScanCounts; traces: Trace[] }> {
  const scanned: ScanCounts = { profiles: 0, events: 0, slates: 0 };
  const key = isSession ? sessionKey(asSessionId(id)) : userKey(asUserId(id));
  const traces: Trace[] = [];
  const shown = setInterval(() => {
    bars.update('searching', 0, `${scanned.profiles} profiles, ${scanned.events} events, ${scanned.slates} slates`);
  }, TRACES_PER_UPDATE_MS);
  try {
    for await (const trace of store.findTraces(key, scanned)) traces.push(trace);
  } finally {
    clearInterval(shown);
  }
  return { scanned, traces };
}

function linesOf(
  place: string,
  { id, isSession }: VerifyErasureCommand,
  scanned: ScanCounts,
  traces: readonly Trace[],
): string[] {
  const who = `${isSession ? 'session' : 'user'} ${JSON.stringify(id)}`;
  const remains = traces.filter(({ kind }) => kind !== 'tombstone');
  const tombstones = traces.filter(({ kind }) => kind === 'tombstone');
  const found = [...tombstones, ...remains];
  const lines = [
    `searched  ${place}`,
    `searched  ${scanned.profiles} profile records, every one of the shop`,
    `searched  ${scanned.events} entries of the event log, every one the store holds`,
    `searched  ${scanned.slates} entries of the slate log, every one the store holds`,
    ...found.slice(0, TRACES_SHOWN).map(({ kind, key, detail }) => `found     ${kind} ${key}: ${detail}`),
    ...(found.length > TRACES_SHOWN ? [`found     ${found.length - TRACES_SHOWN} more`] : []),
  ];
  if (remains.length > 0) {
    const path = `DELETE /v1/${isSession ? 'sessions' : 'users'}/${encodeURIComponent(id)}`;
    const count = remains.length === 1 ? '1 trace' : `${remains.length} traces`;
    return [...lines, `NOT ERASED: ${count} of ${who}; send ${path} and look again`];
  }
  if (tombstones.length > 0) return [...lines, `ERASED: nothing of ${who} is left but the tombstone`];
  return [...lines, `NOTHING THERE: nothing of ${who}, no tombstone either: never seen, or expired`];
}
