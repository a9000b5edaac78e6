import { afterEach } from 'vitest';
import type { HttpHandler, HttpServer, HttpServerOptions, RequestOutcome } from '../http-server.ts';
import { RawConnection } from './raw-connection.ts';

/** What differs between adapters and is documented. */
export interface HttpServerCapabilities {
  /** A request sent before the previous one was answered is answered too; otherwise the connection is closed. */
  readonly answersPipelinedRequests: boolean;
}

interface Started {
  readonly server: HttpServer;
  readonly port: number;
  readonly url: string;
  readonly outcomes: RequestOutcome[];
  readonly failures: unknown[];
}

export const HOST = '127.0.0.1';

/** Answers with what it was handed. */
export const echo: HttpHandler = (request) => ({
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({
    method: request.method,
    path: request.path,
    query: request.query,
    body: Buffer.from(request.body).toString('utf8'),
  }),
});

/** One adapter under the contract suite; what a test starts or opens is closed after it. */
export class ServerUnderTest {
  readonly name: string;
  readonly create: (options: HttpServerOptions) => HttpServer;
  readonly capabilities: HttpServerCapabilities;
  private readonly running: Started[] = [];
  private readonly connections: RawConnection[] = [];

  constructor(name: string, create: (options: HttpServerOptions) => HttpServer, capabilities: HttpServerCapabilities) {
    this.name = name;
    this.create = create;
    this.capabilities = capabilities;
    afterEach(async () => {
      for (const connection of this.connections.splice(0)) connection.socket.destroy();
      await Promise.all(this.running.splice(0).map(({ server }) => server.close(100)));
    });
  }

  readonly start = async (handler: HttpHandler, options: Partial<HttpServerOptions> = {}): Promise<Started> => {
    const outcomes: RequestOutcome[] = [];
    const failures: unknown[] = [];
    const server = this.create({
      handler,
      maxBodyBytes: 1_000,
      requestTimeoutMs: 5_000,
      maxInFlight: 100,
      onOutcome: (outcome) => outcomes.push(outcome),
      onFailure: (error) => failures.push(error),
      ...options,
    });
    const { port } = await server.listen({ host: HOST, port: 0 });
    const started = { server, port, url: `http://${HOST}:${port}`, outcomes, failures };
    this.running.push(started);
    return started;
  };

  /** A bare connection to a server of this test. */
  readonly open = (port: number): RawConnection => {
    const connection = new RawConnection(HOST, port);
    this.connections.push(connection);
    return connection;
  };
}
