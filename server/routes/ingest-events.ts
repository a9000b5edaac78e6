import { setImmediate } from 'node:timers/promises';
import type { Deadline } from '../../features/core/deadline.ts';
import { VitrineError } from '../../features/core/errors.ts';
import {
  asSessionId,
  asUserId,
  type SessionId,
  type ShopperKey,
  sessionKey,
  type UserId,
  userKey,
} from '../../features/core/ids.ts';
import { applyEvent, type ItemFactsLookup, type ProfilePolicy } from '../../features/profile/apply-event.ts';
import { isPersonalizationAllowed } from '../../features/profile/consent.ts';
import type { ShopEvent } from '../../features/profile/event.ts';
import { type EventDetails, eventLogText } from '../../features/profile/event-log-entry.ts';
import {
  JOINED_SESSION_CAPACITY,
  type JoinedSession,
  type JoinedTo,
  type Profile,
} from '../../features/profile/profile.ts';
import {
  dropContent,
  hasContent,
  isNewerThanErasure,
  joinSession,
  sessionsToForget,
} from '../../features/profile/session-join.ts';
import type { FeatureStore, ProfileChange } from '../../features/store/feature-store.ts';

/** An event that passed its checks. */
export interface IncomingEvent {
  readonly event: ShopEvent;
  readonly details: EventDetails;
}

/**
 * What became of an event: `accepted` it is in the profile and in the log; `duplicate` it was before; `ignored` the shopper refused
 * personalisation; `erased` it is not newer than the erasure of its shopper; `unreadable` the shopper's record cannot be decoded.
 */
export type EventOutcome = 'accepted' | 'duplicate' | 'ignored' | 'erased' | 'unreadable';

export interface IngestParts {
  readonly store: Pick<FeatureStore, 'updateProfiles'>;
  readonly factsLookup: ItemFactsLookup;
  readonly policy: ProfilePolicy;
  /** 40 random bits, never 0. */
  readonly newJoinId: () => number;
  /** Told of a record that cannot be decoded; the rest of the batch goes on. */
  readonly onUnreadable?: (error: unknown) => void;
}

/**
 * Records changed without a pause: some 30 us each, so that a recommendation meanwhile waits a millisecond or two and not for a whole batch.
 */
const RECORDS_AT_ONCE = 50;

/** Most portions of a batch, each of which takes a few round trips. */
const MOST_PORTIONS = 32;

/** An event on its way to a profile, and what became of it. */
interface Entry {
  readonly incoming: IncomingEvent;
  /** False: the event counts for its account and says nothing of the visit. */
  isLogIn: boolean;
  outcome: EventOutcome;
}

/** What one portion of a batch does to the record of a visit. */
interface SessionWork {
  readonly sessionId: SessionId;
  /** Events of the visit before the log-in in this portion, in time order. */
  readonly entries: Entry[];
  /** Who logs in. */
  userId: UserId | undefined;
}

/** A session that belongs to an account, with what it still holds for it. */
interface Join extends JoinedSession {
  readonly content: Profile | undefined;
}

/** What one portion of a batch does to the record of an account. */
interface AccountWork {
  readonly userId: UserId;
  /** In time order once all are known. */
  readonly entries: Entry[];
  readonly joins: Join[];
  /** Up to when the account was erased, when that refuses its joins; 0 = they are taken. */
  refusedUpToMs: number;
}

/** What a visit's record said. */
interface Visit {
  /** The steps of an earlier join are not all done: nothing was changed. */
  readonly isUnfinished: boolean;
  /** The account the visit belonged to before; its events in this portion are the account's. */
  readonly before: JoinedTo | undefined;
  /** The account it belongs to now. */
  readonly joinedTo: JoinedTo | undefined;
  /** What the record holds for the account it belongs to now. */
  readonly content: Profile | undefined;
  /** Up to when the visit was erased. */
  readonly erasedAtMs: number;
}

/**
 * Brings events into profiles and log, each once, and sessions into the accounts that log in.
 *
 * An event of an account goes to the account's record; one of a visit goes to the visit's record, or to the account the visit has
 * logged in to. An event that names both is the log-in, see features/profile/session-join.ts for its steps. Within a batch log-ins
 * hold from their own time on, between batches from their arrival on.
 *
 * @returns what became of each event, in input order; resolves when the store has all of it
 * Errors: the store's. Then any part may have been stored: sent again, the events count once.
 * Cost: one round trip to read and one to write for every 50 shoppers; one more to read for every 50 visits.
 */
export async function ingestEvents(
  parts: IngestParts,
  events: readonly IncomingEvent[],
  deadline: Deadline,
): Promise<EventOutcome[]> {
  const entries = events.map((incoming): Entry => ({ incoming, isLogIn: isLogIn(incoming), outcome: 'unreadable' }));
  for (const portion of portionsOf(entries.toSorted(byTime))) await new Ingest(parts, deadline).run(portion);
  return entries.map(({ outcome }) => outcome);
}

function byTime(a: Entry, b: Entry): number {
  return a.incoming.event.atMs - b.incoming.event.atMs;
}

function isLogIn({ event }: IncomingEvent): boolean {
  return event.userId !== undefined && event.sessionId !== undefined;
}

/**
 * Cuts where a visit changes its account and before an account gets more sessions than it can know: hardly ever. A batch that wants more
 * cuts than {@link MOST_PORTIONS} is not what people do; the visits it goes on about stay where they are, so that it ends in time.
 */
function portionsOf(entries: readonly Entry[]): Entry[][] {
  const portions: Entry[][] = [];
  let from = 0;
  let userOfSession = new Map<SessionId, UserId>();
  let sessionCounts = new Map<UserId, number>();
  for (const [place, entry] of entries.entries()) {
    const { userId, sessionId } = entry.incoming.event;
    if (userId === undefined || sessionId === undefined || userOfSession.get(sessionId) === userId) continue;
    const isCut = userOfSession.has(sessionId) || sessionCounts.get(userId) === JOINED_SESSION_CAPACITY;
    if (isCut && portions.length === MOST_PORTIONS - 1) {
      entry.isLogIn = false;
      continue;
    }
    if (isCut) {
      portions.push(entries.slice(from, place));
      from = place;
      userOfSession = new Map();
      sessionCounts = new Map();
    }
    sessionCounts.set(userId, (sessionCounts.get(userId) ?? 0) + 1);
    userOfSession.set(sessionId, userId);
  }
  portions.push(entries.slice(from));
  return portions;
}

/** The steps of one portion of a batch, in which every visit has one account at most. */
class Ingest {
  private readonly parts: IngestParts;
  private readonly deadline: Deadline;
  private readonly sessions = new Map<SessionId, SessionWork>();
  private readonly accounts = new Map<UserId, AccountWork>();

  constructor(parts: IngestParts, deadline: Deadline) {
    this.parts = parts;
    this.deadline = deadline;
  }

  async run(entries: readonly Entry[]): Promise<void> {
    for (const entry of entries) this.assign(entry);
    await this.visitSessions([...this.sessions.values()]);
    const accounts = [...this.accounts.values()];
    await this.writeAccounts(accounts);
    await this.dropJoinedContent(accounts);
  }

  private assign(entry: Entry): void {
    const { userId, sessionId } = entry.incoming.event;
    const isOfVisit = sessionId !== undefined && (userId === undefined || entry.isLogIn);
    const session = isOfVisit ? this.sessionWork(sessionId) : undefined;
    if (session !== undefined && userId !== undefined) session.userId = userId;
    const account = userId ?? session?.userId;
    if (account === undefined) session?.entries.push(entry);
    else this.accountWork(account).entries.push(entry);
  }

  private sessionWork(sessionId: SessionId): SessionWork {
    let work = this.sessions.get(sessionId);
    if (work === undefined) {
      work = { sessionId, entries: [], userId: undefined };
      this.sessions.set(sessionId, work);
    }
    return work;
  }

  private accountWork(userId: UserId): AccountWork {
    let work = this.accounts.get(userId);
    if (work === undefined) {
      work = { userId, entries: [], joins: [], refusedUpToMs: 0 };
      this.accounts.set(userId, work);
    }
    return work;
  }

  /** Applies what belongs to visits, and learns or decides which account each belongs to. */
  private async visitSessions(works: readonly SessionWork[]): Promise<void> {
    for (let pending = works; pending.length > 0; ) {
      const { done: visits, unreadable } = await this.update(pending, sessionKeyOf, (session, work) =>
        this.visit(session, work),
      );
      refuse(unreadable);
      const unfinished = visits.filter(({ result }) => result.isUnfinished);
      for (const { work, result } of visits) if (!result.isUnfinished) this.note(work, result);
      // Another batch was stopped between the steps of a join, or is at them: they are taken here, then the visit is seen again.
      const accounts = unfinished.map(({ work, result }) => accountOf(work, result));
      const written = new Set(await this.writeAccounts(accounts));
      await this.dropJoinedContent([...written]);
      pending = unfinished.filter((_, i) => written.has(accounts[i]!)).map(({ work }) => work);
    }
  }

  private visit(session: Profile, work: SessionWork): Change<Visit> {
    const { joinedTo: before, erasedAtMs } = session;
    const seen = { isUnfinished: false, before, joinedTo: before, content: undefined, erasedAtMs };
    if (before !== undefined && hasContent(session)) {
      return ['keep', { ...seen, isUnfinished: true, content: structuredClone(session) }];
    }
    const change = before === undefined ? this.apply(session, work.entries, undefined) : 'keep';
    if (work.userId === undefined || work.userId === before?.userId) return [change, seen];
    // From here on the content stays as it is until the account has it.
    const joinedTo = { userId: work.userId, joinId: this.parts.newJoinId() };
    session.joinedTo = joinedTo;
    const content = hasContent(session) ? structuredClone(session) : undefined;
    return [change === 'keep' ? 'write' : change, { ...seen, joinedTo, content }];
  }

  /** Files the events and the session itself under the accounts they belong to. */
  private note(work: SessionWork, { before, joinedTo, content, erasedAtMs }: Visit): void {
    const { sessionId } = work;
    if (before !== undefined) {
      const account = this.accountWork(asUserId(before.userId));
      for (const entry of work.entries) {
        if (entry.incoming.event.atMs <= erasedAtMs) entry.outcome = 'erased';
        else account.entries.push(entry);
      }
      if (before.joinId !== joinedTo?.joinId && work.entries.length > 0) {
        account.joins.push({ sessionId, joinId: before.joinId, content: undefined });
      }
    }
    if (joinedTo === undefined) return;
    const account = this.accountWork(asUserId(joinedTo.userId));
    account.joins.push({ sessionId, joinId: joinedTo.joinId, content });
  }

  /** @returns those whose record could be read */
  private async writeAccounts(works: readonly AccountWork[]): Promise<AccountWork[]> {
    const written: AccountWork[] = [];
    const cleared = new Set<number>();
    for (let pending = works; pending.length > 0; ) {
      const { done, unreadable } = await this.update(pending, accountKeyOf, (account, work) =>
        this.write(account, work, cleared),
      );
      refuse(unreadable);
      const toForget = done.flatMap(({ work, result }) => result.map((session) => ({ work, session })));
      await this.clearDirections(toForget);
      for (const { session } of toForget) cleared.add(session.joinId);
      const waiting = new Set(toForget.map(({ work }) => work));
      written.push(...done.map(({ work }) => work).filter((work) => !waiting.has(work)));
      pending = [...waiting];
    }
    return written;
  }

  /** Gives the sessions whose direction has to go before anything can be written; none when it was written. */
  private write(account: Profile, work: AccountWork, cleared: ReadonlySet<number>): Change<JoinedSession[]> {
    const { erasedAtMs } = account;
    const isAlive =
      work.entries.some(({ incoming }) => incoming.event.atMs > erasedAtMs) ||
      work.joins.some(({ content }) => content !== undefined && isNewerThanErasure(account, content));
    // What is late must not bring an erased shopper back, not even as the name of a session.
    const joins = isAlive || erasedAtMs === 0 ? work.joins : [];
    work.refusedUpToMs = joins === work.joins ? 0 : erasedAtMs;
    const toForget = sessionsToForget(account, joins).filter(({ joinId }) => !cleared.has(joinId));
    if (toForget.length > 0) return ['keep', toForget];
    let hasJoined = false;
    for (const { content, ...joined } of joins) {
      if (joinSession(account, joined, content, this.parts.policy)) hasJoined = true;
    }
    const change = this.apply(account, work.entries.sort(byTime), work.userId);
    return [hasJoined && change === 'keep' ? 'write' : change, []];
  }

  /** Applies events in their order and notes what became of each; runs again when another writer came first. */
  private apply(profile: Profile, entries: readonly Entry[], userId: UserId | undefined): ProfileChange {
    const { factsLookup, policy } = this.parts;
    const isAllowed = isPersonalizationAllowed(profile);
    const log: string[] = [];
    for (const entry of entries) {
      const { event, details } = entry.incoming;
      if (event.atMs <= profile.erasedAtMs) entry.outcome = 'erased';
      else if (!isAllowed) entry.outcome = 'ignored';
      else if (applyEvent(profile, event, factsLookup, policy)) {
        entry.outcome = 'accepted';
        log.push(eventLogText(event, details, userId));
      } else entry.outcome = 'duplicate';
    }
    return log.length === 0 ? 'keep' : { log };
  }

  /**
   * Third step of a join: the account has the content. A visit whose account was erased goes with it: its record must not name the
   * account either.
   */
  private async dropJoinedContent(works: readonly AccountWork[]): Promise<void> {
    const joins = works
      .flatMap(({ joins: ofAccount, refusedUpToMs }) => ofAccount.map((join) => ({ ...join, refusedUpToMs })))
      .filter(({ content, refusedUpToMs }) => content !== undefined || refusedUpToMs > 0);
    await this.update(joins, sessionKeyOf, (session, { joinId, refusedUpToMs }) => {
      if (session.joinedTo?.joinId !== joinId) return ['keep', undefined];
      if (refusedUpToMs === 0 && !hasContent(session)) return ['keep', undefined];
      dropContent(session);
      if (refusedUpToMs > 0) {
        session.joinedTo = undefined;
        session.erasedAtMs = Math.max(session.erasedAtMs, refusedUpToMs);
      }
      return ['write', undefined];
    });
  }

  private async clearDirections(toForget: readonly { readonly session: JoinedSession }[]): Promise<void> {
    await this.update(toForget, sessionKeyOfForgotten, (session, { session: { joinId } }) => {
      if (session.joinedTo?.joinId !== joinId) return ['keep', undefined];
      session.joinedTo = undefined;
      dropContent(session);
      return ['write', undefined];
    });
  }

  /**
   * Changes many records; a record that cannot be decoded is told of and has no result.
   *
   * Errors: any other failure, after all are settled: nothing of the batch may be acknowledged then.
   */
  private async update<Work, Result>(
    works: readonly Work[],
    keyOf: (work: Work) => ShopperKey,
    change: (profile: Profile, work: Work) => Change<Result>,
  ): Promise<Updated<Work, Result>> {
    if (works.length === 0) return { done: [], unreadable: [] };
    const results = new Array<Result>(works.length);
    const updates = works.map((work, place) => ({
      key: keyOf(work),
      change: (profile: Profile): ProfileChange => {
        const [decision, result] = change(profile, work);
        results[place] = result;
        return decision;
      },
    }));
    const slices: Promise<PromiseSettledResult<void>[]>[] = [];
    for (let from = 0; from < updates.length; from += RECORDS_AT_ONCE) {
      // Whoever waits for the event loop goes first; the slices before are on their way to the store meanwhile.
      if (from > 0) await setImmediate();
      slices.push(this.parts.store.updateProfiles(updates.slice(from, from + RECORDS_AT_ONCE), this.deadline));
    }
    const settled = (await Promise.all(slices)).flat();
    const failures = settled.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []));
    const fatal = failures.find((error) => !isUnreadable(error));
    if (fatal !== undefined) throw fatal;
    for (const error of failures) this.parts.onUnreadable?.(error);
    const updated: Updated<Work, Result> = { done: [], unreadable: [] };
    for (const [place, work] of works.entries()) {
      if (settled[place]!.status === 'fulfilled') updated.done.push({ work, result: results[place]! });
      else updated.unreadable.push(work);
    }
    return updated;
  }
}

/** What to do with a record, and what was learned from it. */
type Change<Result> = readonly [change: ProfileChange, result: Result];

interface Updated<Work, Result> {
  readonly done: { readonly work: Work; readonly result: Result }[];
  readonly unreadable: Work[];
}

/** An earlier run, on a record that could be read, may have left another outcome. */
function refuse(works: readonly { readonly entries: readonly Entry[] }[]): void {
  for (const { entries } of works) for (const entry of entries) entry.outcome = 'unreadable';
}

function isUnreadable(error: unknown): boolean {
  return error instanceof VitrineError && error.code === 'REC_RECORD_INVALID';
}

function sessionKeyOf({ sessionId }: { readonly sessionId: string }): ShopperKey {
  return sessionKey(asSessionId(sessionId));
}

function sessionKeyOfForgotten({ session }: { readonly session: JoinedSession }): ShopperKey {
  return sessionKeyOf(session);
}

function accountKeyOf({ userId }: AccountWork): ShopperKey {
  return userKey(userId);
}

/** The account an unfinished join leads to, with that join alone. */
function accountOf({ sessionId }: SessionWork, { joinedTo, content }: Visit): AccountWork {
  const { userId, joinId } = joinedTo!;
  return { userId: asUserId(userId), entries: [], joins: [{ sessionId, joinId, content }], refusedUpToMs: 0 };
}
