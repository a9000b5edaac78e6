import { httpExchangeContract } from './http-exchange.contract.ts';
import { httpLifecycleContract } from './http-lifecycle.contract.ts';
import { httpLimitsContract } from './http-limits.contract.ts';
import type { HttpServer, HttpServerOptions } from './http-server.ts';
import { type HttpServerCapabilities, ServerUnderTest } from './testing/server-under-test.ts';

/** What every HTTP server of ours does; run once per adapter. */
export function httpServerContract(
  name: string,
  create: (options: HttpServerOptions) => HttpServer,
  capabilities: HttpServerCapabilities,
): void {
  const underTest = new ServerUnderTest(name, create, capabilities);
  httpExchangeContract(underTest);
  httpLimitsContract(underTest);
  httpLifecycleContract(underTest);
}
