import { connect, createServer, type Server, type Socket } from 'node:net';

/**
 * A TCP proxy on 127.0.0.1 before a Redis Sentinel that makes rare moments last: it can hold answers back, and tell those who listen for
 * failovers that there was one.
 */
export class SentinelProxy {
  /** How long answers are held back, milliseconds. */
  delayMs = 0;
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();
  /** Those who listen, and the sign their messages begin with: `*` in version 2 of the protocol, `>` in version 3. */
  private readonly listeners = new Map<Socket, string>();

  private constructor(targetPort: number) {
    this.server = createServer((client) => {
      const target = connect(targetPort, '127.0.0.1');
      client.on('data', (chunk) => target.write(chunk));
      target.on('data', (chunk: Buffer) => {
        const sign = /([*>])3\r\n\$9\r\nsubscribe\r\n/.exec(chunk.toString('latin1'))?.[1];
        if (sign !== undefined) this.listeners.set(client, sign);
        setTimeout(() => client.write(chunk), this.delayMs);
      });
      for (const [socket, other] of [
        [client, target],
        [target, client],
      ] as const) {
        this.sockets.add(socket);
        socket.on('error', () => {});
        socket.on('close', () => {
          this.listeners.delete(socket);
          other.destroy();
        });
      }
    });
  }

  static async start(targetPort: number): Promise<SentinelProxy> {
    const proxy = new SentinelProxy(targetPort);
    await new Promise<void>((resolve) => proxy.server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    const address = this.server.address();
    if (address === null || typeof address === 'string') throw new Error('the proxy does not listen');
    return address.port;
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

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
