import { type ChildProcess, spawn } from 'node:child_process';
import type { Cleanup } from '../lib/cleanup.ts';
import { ownScript } from '../lib/own-script.ts';
import type { ClosedLoopOptions, LoadReport } from './closed-loop.ts';
import type { OpenLoopOptions, OpenLoopReport } from './open-loop.ts';
import type { TrafficSpec } from './traffic.ts';

/** What the generator's process is asked to do. */
export type GeneratorJob =
  | { readonly kind: 'traffic'; readonly spec: TrafficSpec; readonly eventPrefix: string }
  | { readonly kind: 'ping'; readonly options: ClosedLoopOptions }
  | { readonly kind: 'closed'; readonly options: ClosedLoopOptions }
  | { readonly kind: 'open'; readonly options: OpenLoopOptions };

export type GeneratorReply =
  | { readonly kind: 'ready' }
  | { readonly kind: 'report'; readonly report: LoadReport }
  | { readonly kind: 'open-report'; readonly report: OpenLoopReport }
  | { readonly kind: 'failed'; readonly message: string };

/** The load generator: a process of its own, so that what it does is not done in the server's or the bench's. */
export class Generator {
  private readonly child: ChildProcess;
  private settle: ((reply: GeneratorReply) => void) | undefined;

  private constructor(child: ChildProcess) {
    this.child = child;
    child.on('message', (reply: GeneratorReply) => this.answer(reply));
    child.once('exit', (code, signal) => {
      this.answer({ kind: 'failed', message: `the load generator ended with ${signal ?? `code ${code}`}` });
    });
  }

  /** Starts the process and gives it the traffic it sends from then on. */
  static async start(spec: TrafficSpec, cleanup: Cleanup): Promise<Generator> {
    const child = spawn(process.execPath, ownScript('load/generator-process'), {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    cleanup.add(() => void child.kill('SIGKILL'));
    const generator = new Generator(child);
    await generator.send(spec);
    return generator;
  }

  /** Other traffic from now on; the same spec starts over, with events of new names. */
  async send(spec: TrafficSpec): Promise<void> {
    await this.ask({ kind: 'traffic', spec, eventPrefix: `${Date.now()}-${process.pid}` });
  }

  closedLoop(options: ClosedLoopOptions): Promise<LoadReport> {
    return this.report({ kind: 'closed', options });
  }

  /** A closed loop of requests that cost HTTP and nothing else. */
  pings(options: ClosedLoopOptions): Promise<LoadReport> {
    return this.report({ kind: 'ping', options });
  }

  async openLoop(options: OpenLoopOptions): Promise<OpenLoopReport> {
    const reply = await this.ask({ kind: 'open', options });
    if (reply.kind === 'open-report') return reply.report;
    throw new Error(`the load generator answered "${reply.kind}" to an open loop`);
  }

  private async report(job: GeneratorJob): Promise<LoadReport> {
    const reply = await this.ask(job);
    if (reply.kind === 'report') return reply.report;
    throw new Error(`the load generator answered "${reply.kind}" to a closed loop`);
  }

  private ask(job: GeneratorJob): Promise<GeneratorReply> {
    return new Promise((resolve, reject) => {
      this.settle = (reply) => {
        if (reply.kind === 'failed') reject(new Error(reply.message));
        else resolve(reply);
      };
      this.child.send(job);
    });
  }

  private answer(reply: GeneratorReply): void {
    const { settle } = this;
    this.settle = undefined;
    settle?.(reply);
  }
}
