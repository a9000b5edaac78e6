import { type ChildProcess, fork } from 'node:child_process';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Clock, systemClock } from '../../features/core/clock.ts';
import { Deadline } from '../../features/core/deadline.ts';
import { VitrineError } from '../../features/core/errors.ts';
import type { ListenAddress } from '../http/http-server.ts';
import type { Logger } from '../observability/logger.ts';
import { type Answers, Peer } from './peer.ts';
import { RestartPolicy } from './restart-policy.ts';
import type { SupervisorQuestions, WorkerOrder, WorkerQuestions } from './worker-questions.ts';

export interface WorkerSlotParts {
  readonly number: number;
  readonly order: () => WorkerOrder;
  /** Where to listen; asked for when a worker is loaded. */
  readonly address: () => Promise<ListenAddress>;
  /** Runs the last steps before a worker answers, while no other change of the workers is under way. */
  readonly inTurn: (steps: () => Promise<void>) => Promise<void>;
  readonly answers: Answers<SupervisorQuestions>;
  readonly logger: Logger;
  /** Told of each end that nobody asked for. */
  readonly onEnd: (how: 'died' | 'refused') => void;
  /** @defaultValue systemClock */
  readonly clock?: Clock;
  /** Milliseconds a worker gets to give a sign of life; when {@link LIVES} in a row do not come it is ended. @defaultValue 10000 */
  readonly signOfLifeMs?: number;
  /** Arguments of Node for the worker. @defaultValue those of this process */
  readonly execArgv?: readonly string[];
}

type WorkerPeer = Peer<WorkerQuestions, SupervisorQuestions>;

/** Longest a busy worker may take to answer. Milliseconds: a probe gives up after about a second, a scrape after ten. */
const ANSWER_BUDGETS_MS = { readiness: 750, metrics: 3_000 } as const;
/** Opening a model blocks a worker for seconds at most. */
const SIGN_OF_LIFE_MS = 10_000;
/** A machine that was asleep makes one sign of life late, not several. */
const LIVES = 3;
/** A worker that takes longer to change its model is taken as stuck. Milliseconds. */
const ACTIVATE_BUDGET_MS = 300_000;
/** Time beyond the grace for requests in work that a worker gets to close its parts. Milliseconds. */
const CLOSE_BUDGET_MS = 5_000;

/** One place for a worker: starts its process, starts another when it dies, and knows how it is. */
export class WorkerSlot {
  readonly number: number;
  private readonly parts: WorkerSlotParts;
  private readonly policy: RestartPolicy;
  private child: ChildProcess | undefined;
  private peer: WorkerPeer | undefined;
  private isListening = false;
  private isStopping = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(parts: WorkerSlotParts) {
    this.number = parts.number;
    this.parts = parts;
    this.policy = new RestartPolicy(parts.clock ?? systemClock);
  }

  /** Of the present process; undefined while there is none. */
  get pid(): number | undefined {
    return this.child?.pid;
  }

  /** Whether it takes requests. */
  get isAnswering(): boolean {
    return this.isListening;
  }

  /** Whether it takes requests and can be counted on. */
  get isReady(): boolean {
    return this.isListening && !this.policy.isCrashLooping;
  }

  get isCrashLooping(): boolean {
    return this.policy.isCrashLooping;
  }

  /**
   * Starts the first process. Resolves with whether it answers; later ones are started in the background.
   *
   * Errors: what the worker says it cannot start for, as a broken bundle or a port in use.
   */
  start(): Promise<boolean> {
    return this.launch();
  }

  /** Errors: those of the worker; REC_WORKER_UNAVAILABLE when it does not answer requests now, or dies; REC_DEADLINE_EXCEEDED. */
  async activate(modelVersion: string): Promise<unknown> {
    const what = `activation on worker ${this.number}`;
    return Deadline.after(ACTIVATE_BUDGET_MS).race(this.answeringPeer().ask('activate', modelVersion), what);
  }

  /** Errors: REC_WORKER_UNAVAILABLE, REC_DEADLINE_EXCEEDED. */
  async ask<Name extends 'readiness' | 'metrics'>(name: Name): Promise<WorkerQuestions[Name]['answer']> {
    const what = `${name} of worker ${this.number}`;
    return Deadline.after(ANSWER_BUDGETS_MS[name]).race(this.answeringPeer().ask(name, undefined), what);
  }

  /** Lets requests in work finish, then ends the process; cuts it off when that takes longer than the grace and some. */
  async stop(graceMs: number): Promise<void> {
    this.isStopping = true;
    this.isListening = false;
    clearTimeout(this.timer);
    const { child, peer } = this;
    if (child === undefined || peer === undefined) return;
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    const timer = setTimeout(() => child.kill('SIGKILL'), graceMs + CLOSE_BUDGET_MS);
    // Whether it answers or dies: what counts is that the process ends.
    await peer.ask('stop', undefined).catch(() => {});
    child.kill('SIGTERM');
    await ended;
    clearTimeout(timer);
  }

  private answeringPeer(): WorkerPeer {
    if (this.peer === undefined || !this.isListening) {
      throw new VitrineError('REC_WORKER_UNAVAILABLE', `worker ${this.number} does not answer now`, {
        isRetryable: true,
      });
    }
    return this.peer;
  }

  private async launch(): Promise<boolean> {
    const { execArgv = process.execArgv } = this.parts;
    const child = fork(fileURLToPath(WORKER), [], {
      execArgv: [...execArgv],
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const peer: WorkerPeer = new Peer(child, this.parts.answers);
    this.child = child;
    this.peer = peer;
    let refusal: VitrineError | undefined;
    const onEnd = (reason: string): void => {
      if (this.child !== child) return;
      peer.end();
      this.onEnd(refusal, reason);
    };
    child.once('exit', (code, signal) => onEnd(signal === null ? `exit code ${code}` : signal));
    child.on('error', (error) => {
      if (child.pid === undefined) onEnd(error.message);
    });
    try {
      await this.prepare(peer);
      void this.watch(child, peer);
      return true;
    } catch (error) {
      if (!(error instanceof VitrineError) || error.code === 'REC_WORKER_UNAVAILABLE') return false;
      refusal = error;
      child.kill('SIGKILL');
      throw error;
    }
  }

  /** A worker that hangs keeps its share of the connections and answers none: it is ended, so that another takes its place. */
  private async watch(child: ChildProcess, peer: WorkerPeer): Promise<void> {
    const { signOfLifeMs = SIGN_OF_LIFE_MS, logger } = this.parts;
    let missedCount = 0;
    while (missedCount < LIVES) {
      await new Promise((resolve) => setTimeout(resolve, signOfLifeMs / 2).unref());
      if (this.peer !== peer || this.isStopping) return;
      const sign = Deadline.after(signOfLifeMs).race(peer.ask('alive', undefined), 'a sign of life');
      const isAlive = await sign.then(
        () => true,
        () => false,
      );
      missedCount = isAlive ? 0 : missedCount + 1;
    }
    if (this.peer !== peer || this.isStopping) return;
    logger.error('worker gives no sign of life, it is ended', { worker: this.number, workerPid: child.pid });
    child.kill('SIGKILL');
  }

  private async prepare(peer: WorkerPeer): Promise<void> {
    const { order, address, inTurn } = this.parts;
    const { serving } = await peer.ask('start', order());
    const place = await address();
    await inTurn(async () => {
      // The model may have changed while this one was loaded.
      const { modelVersion } = order();
      if (modelVersion !== serving) await peer.ask('activate', modelVersion);
      await peer.ask('listen', place);
      this.isListening = true;
      this.policy.onReady();
    });
  }

  private onEnd(refusal: VitrineError | undefined, reason: string): void {
    this.child = undefined;
    this.peer = undefined;
    this.isListening = false;
    if (this.isStopping) return;
    this.parts.onEnd(refusal === undefined ? 'died' : 'refused');
    const waitMs = this.policy.onDeath();
    const level = this.policy.isCrashLooping || refusal !== undefined ? 'error' : 'warn';
    this.parts.logger[level]('worker ended, another is started', {
      ...{ worker: this.number, reason: refusal === undefined ? reason : 'could not start', waitMs },
      ...(this.policy.isCrashLooping ? { isCrashLooping: true } : {}),
      ...(refusal === undefined ? {} : { error: refusal }),
    });
    // Refusals were said in the line above; deaths end up here again.
    this.timer = setTimeout(() => void this.launch().catch(() => {}), waitMs);
  }
}

/** Compiled when this file is. */
const WORKER = new URL(`./worker${extname(import.meta.url)}`, import.meta.url);
