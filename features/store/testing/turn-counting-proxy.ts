import type { Socket } from 'node:net';
import { TcpProxy } from './tcp-proxy.ts';

/** Counts how often a client spoke again after it was answered: round trips. */
export class TurnCountingProxy extends TcpProxy {
  /** Round trips so far; the test sets it back. */
  turns = 0;

  protected relay(client: Socket, target: Socket): void {
    let isClientsTurn = true;
    client.on('data', (chunk) => {
      if (isClientsTurn) this.turns++;
      isClientsTurn = false;
      target.write(chunk);
    });
    target.on('data', (chunk) => {
      isClientsTurn = true;
      client.write(chunk);
    });
  }
}
