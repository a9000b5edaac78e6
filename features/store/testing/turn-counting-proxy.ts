import { connect, createServer, type Server, type Socket } from 'node:net';

/** A TCP proxy on 127.0.0.1 that counts how often a client spoke again after it was answered: round trips. */
export class TurnCountingProxy {
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();
  /** Round trips so far; the test sets it back. */
  turns = 0;

  private constructor(targetPort: number) {
    this.server = createServer((client) => {
      const target = connect(targetPort, '127.0.0.1');
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
      for (const [socket, other] of [
        [client, target],
        [target, client],
      ] as const) {
        this.sockets.add(socket);
        socket.on('error', () => {});
        socket.on('close', () => other.destroy());
      }
    });
  }

  static async start(targetPort: number): Promise<TurnCountingProxy> {
    const proxy = new TurnCountingProxy(targetPort);
    await new Promise<void>((resolve) => proxy.server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    const address = this.server.address();
    if (address === null || typeof address === 'string') throw new Error('the proxy does not listen');
    return address.port;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
