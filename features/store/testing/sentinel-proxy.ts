import type { Socket } from 'node:net';
import { TcpProxy } from './tcp-proxy.ts';

/** Stands before a Redis Sentinel and makes rare moments last: it can hold answers back, and tell those who listen for failovers of one. */
export class SentinelProxy extends TcpProxy {
  /** How long answers are held back, milliseconds. */
  delayMs = 0;
  /** Those who listen, and the sign their messages begin with: `*` in version 2 of the protocol, `>` in version 3. */
  private readonly listeners = new Map<Socket, string>();

  protected relay(client: Socket, target: Socket): void {
    client.on('data', (chunk) => target.write(chunk));
    client.on('close', () => this.listeners.delete(client));
    target.on('data', (chunk: Buffer) => {
      const sign = /([*>])3\r\n\$9\r\nsubscribe\r\n/.exec(chunk.toString('latin1'))?.[1];
      if (sign !== undefined) this.listeners.set(client, sign);
      setTimeout(() => client.write(chunk), this.delayMs);
    });
  }

  /** Connections that listen for failovers. */
  get listenerCount(): number {
    return this.listeners.size;
  }

  /** Says that the master is another one, as a sentinel does after a failover. @returns how many were told */
  announceFailover(): number {
    const channel = '+switch-master';
    const message = 'shopmaster 127.0.0.1 1 127.0.0.1 2';
    for (const [socket, sign] of this.listeners) {
      socket.write(
        `${sign}3\r\n$7\r\nmessage\r\n$${channel.length}\r\n${channel}\r\n$${message.length}\r\n${message}\r\n`,
      );
    }
    return this.listeners.size;
  }
}
