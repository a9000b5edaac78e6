import { Deadline } from '../../features/core/deadline.ts';
import { asSessionId, asUserId, type ShopperKey, sessionKey, userKey } from '../../features/core/ids.ts';
import { emptyProfile, type Profile } from '../../features/profile/profile.ts';
import { hasContent } from '../../features/profile/session-join.ts';
import type { FeatureStore } from '../../features/store/feature-store.ts';
import type { EventPlan } from './event-plan.ts';

/** What a store has of a plan whose every event was acknowledged. All but the first are zero when nothing went wrong. */
export interface Losses {
  /** Events counted in profiles, and found in the log. */
  readonly countedEvents: number;
  readonly loggedEvents: number;
  /** Shoppers whose events by type are not those of the plan. */
  readonly wrongShoppers: number;
  readonly lostInLog: number;
  readonly doubledInLog: number;
  readonly examples: readonly string[];
}

const MAX_EXAMPLES = 10;

/** Compares profiles and event log with a plan: every event once in each. */
export async function findLosses(store: FeatureStore, plan: EventPlan): Promise<Losses> {
  const examples: string[] = [];
  const note = (text: string): void => {
    if (examples.length < MAX_EXAMPLES) examples.push(text);
  };
  let countedEvents = 0;
  let wrongShoppers = 0;
  for (let shopper = 0; shopper < plan.shopperCount; shopper++) {
    const checks = await checksOf(store, plan, shopper);
    const wrong = checks.filter(({ actual, expected }) => actual.join() !== expected.join());
    countedEvents += sum(checks.flatMap(({ actual }) => actual));
    if (wrong.length > 0) wrongShoppers += 1;
    for (const { what, actual, expected } of wrong)
      note(`${what}: ${actual.join()} counted, expected ${expected.join()}`);
  }
  const seen = new Uint8Array(plan.eventCount);
  let loggedEvents = 0;
  for await (const { text } of store.readLog('events')) {
    const number = Number((JSON.parse(text) as { event_id: string }).event_id);
    loggedEvents += 1;
    if (seen[number] === 1) note(`event ${number} is in the log again`);
    seen[number] = Math.min(255, seen[number]! + 1);
  }
  const lostInLog = seen.filter((count) => count === 0).length;
  if (lostInLog > 0) note(`event ${seen.indexOf(0)} is not in the log`);
  return {
    countedEvents,
    loggedEvents,
    wrongShoppers,
    lostInLog,
    doubledInLog: loggedEvents - (plan.eventCount - lostInLog),
    examples,
  };
}

interface Check {
  readonly what: string;
  readonly actual: readonly number[];
  readonly expected: readonly number[];
}

async function checksOf(store: FeatureStore, plan: EventPlan, shopper: number): Promise<Check[]> {
  const read = async (key: ShopperKey): Promise<Profile> =>
    (await store.readProfile(key, Deadline.after(30_000))) ?? emptyProfile();
  const kind = plan.kindOf(shopper);
  const account = await read(userKey(asUserId(plan.userId(shopper))));
  const visits = await Promise.all(plan.sessionIds(shopper).map((id) => read(sessionKey(asSessionId(id)))));
  const isJoined = (visit: number): boolean => kind === 'logs in' && plan.hasLoggedIn(shopper, visit);
  const counts = visits.map((_, visit) => plan.expectedCounts(shopper, visit));
  const nothing = emptyProfile().eventCounts;
  const ofAccount = nothing.map((_, type) => sum(counts.map((count, visit) => (isJoined(visit) ? count[type]! : 0))));
  const checks: Check[] = [
    {
      what: `account ${shopper} (${kind})`,
      actual: account.eventCounts,
      expected: kind === 'account' ? plan.expectedCounts(shopper) : ofAccount,
    },
  ];
  for (const [visit, profile] of visits.entries()) {
    const isLeft = kind !== 'account' && !isJoined(visit);
    checks.push({
      what: `visit ${visit} of shopper ${shopper} (${kind})${hasContent(profile) ? '' : ', emptied'}`,
      actual: profile.eventCounts,
      expected: isLeft ? counts[visit]! : nothing,
    });
  }
  return checks;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
