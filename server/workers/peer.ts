import { ERROR_CODES, type ErrorCode, messageOf, VitrineError } from '../../features/core/errors.ts';

/** The part of a child process, or of the own process in a child, that carries messages. */
export interface MessagePort {
  send?(message: unknown, callback: (error: Error | null) => void): boolean;
  on(event: 'message', listener: (message: unknown) => void): unknown;
}

/** Questions by name, each with what is asked and what is answered. */
export type Questions = Readonly<Record<string, { readonly argument: unknown; readonly answer: unknown }>>;

/** What answers the questions of the other side. */
export type Answers<Q extends Questions> = {
  readonly [Name in keyof Q]: (argument: Q[Name]['argument']) => Promise<Q[Name]['answer']>;
};

interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details: Readonly<Record<string, string | number | boolean>>;
}

type Message =
  | { readonly kind: 'question'; readonly id: number; readonly name: string; readonly argument: unknown }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: unknown }
  | { readonly kind: 'failure'; readonly id: number; readonly failure: Failure };

interface Pending {
  resolve(answer: unknown): void;
  reject(error: Error): void;
}

/**
 * The other process of a supervisor and its worker: questions go both ways over the channel between them, errors keep their codes.
 *
 * A peer that is gone answers nothing: {@link end} rejects what is pending with REC_WORKER_UNAVAILABLE.
 */
export class Peer<Asked extends Questions, Answered extends Questions> {
  private readonly port: MessagePort;
  private readonly answers: Answers<Answered>;
  private readonly pending = new Map<number, Pending>();
  private lastId = 0;
  private isEnded = false;

  constructor(port: MessagePort, answers: Answers<Answered>) {
    this.port = port;
    this.answers = answers;
    port.on('message', (message) => this.receive(message as Message));
  }

  /** Errors: those of the other side, with code and message; REC_WORKER_UNAVAILABLE. */
  ask<Name extends keyof Asked & string>(
    name: Name,
    argument: Asked[Name]['argument'],
  ): Promise<Asked[Name]['answer']> {
    return new Promise((resolve, reject) => {
      if (this.isEnded) {
        reject(unavailable());
        return;
      }
      this.lastId += 1;
      const id = this.lastId;
      this.pending.set(id, { resolve, reject });
      this.send({ kind: 'question', id, name, argument }, (error) => {
        this.pending.delete(id);
        reject(error);
      });
    });
  }

  /** The other process is gone. */
  end(): void {
    this.isEnded = true;
    for (const { reject } of this.pending.values()) reject(unavailable());
    this.pending.clear();
  }

  private receive(message: Message): void {
    if (message.kind === 'question') {
      void this.answer(message.id, message.name, message.argument);
      return;
    }
    const pending = this.pending.get(message.id);
    this.pending.delete(message.id);
    if (message.kind === 'answer') pending?.resolve(message.answer);
    else pending?.reject(errorOf(message.failure));
  }

  private async answer(id: number, name: string, argument: unknown): Promise<void> {
    const fail = (error: unknown): void => this.send({ kind: 'failure', id, failure: failureOf(error) }, () => {});
    try {
      const answer: unknown = await this.answers[name]!(argument as never);
      this.send({ kind: 'answer', id, answer }, fail);
    } catch (error) {
      fail(error);
    }
  }

  /** A closed channel calls back or throws, depending on who closed it; a message that cannot be sent throws. */
  private send(message: Message, onFailure: (error: Error) => void): void {
    const { port } = this;
    try {
      port.send?.(message, (error) => {
        if (error !== null) onFailure(unavailable());
      });
      if (port.send === undefined) onFailure(unavailable());
    } catch (error) {
      const isClosed = (error as NodeJS.ErrnoException).code === 'ERR_IPC_CHANNEL_CLOSED';
      onFailure(isClosed ? unavailable() : new VitrineError('REC_INTERNAL', messageOf(error), { cause: error }));
    }
  }
}

function unavailable(): VitrineError {
  return new VitrineError('REC_WORKER_UNAVAILABLE', 'the process that was asked is gone', { isRetryable: true });
}

function failureOf(error: unknown): Failure {
  if (error instanceof VitrineError) return { code: error.code, message: error.message, details: error.details };
  const stack = error instanceof Error && error.stack !== undefined ? { stack: error.stack } : {};
  return { code: 'REC_INTERNAL', message: messageOf(error), details: stack };
}

function errorOf({ code, message, details }: Failure): VitrineError {
  return new VitrineError(code in ERROR_CODES ? code : 'REC_INTERNAL', message, { details });
}
