import { connect, type Socket } from 'node:net';

/** A promise with its levers, for handlers that wait until the test lets them go. */
export function gate(): { readonly opened: Promise<void>; open(): void } {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

/** A bare connection: what HTTP clients would refuse to send or hide. */
export class RawConnection {
  text = '';
  readonly isClosed: Promise<void>;
  readonly socket: Socket;
  private waiting: (() => void)[] = [];

  constructor(host: string, port: number) {
    this.socket = connect(port, host);
    this.socket.on('data', (chunk: Buffer) => {
      this.text += chunk.toString('latin1');
      for (const wake of this.waiting.splice(0)) wake();
    });
    this.socket.on('error', () => {});
    this.isClosed = new Promise((resolve) => {
      this.socket.once('close', () => resolve());
    });
  }

  send(...parts: (string | Uint8Array)[]): this {
    for (const part of parts) this.socket.write(part);
    return this;
  }

  /** All text received, once it matches. */
  async until(pattern: RegExp): Promise<string> {
    while (!pattern.test(this.text)) {
      const more = new Promise<void>((resolve) => this.waiting.push(resolve));
      const isDone = await Promise.race([more.then(() => false), this.isClosed.then(() => true)]);
      if (isDone && !pattern.test(this.text)) throw new Error(`closed before ${pattern}; received: ${this.text}`);
    }
    return this.text;
  }

  /** Number of replies that have begun. */
  get replyCount(): number {
    return this.text.match(/HTTP\/1\.1 [2-5]\d\d /g)?.length ?? 0;
  }
}

/** Head of a request with the `host` line every request needs. */
export function headText(line: string, ...headers: string[]): string {
  return `${[`${line} HTTP/1.1`, 'host: shop.test', ...headers].join('\r\n')}\r\n\r\n`;
}
