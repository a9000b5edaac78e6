import type { HttpServer, HttpServerOptions } from './http-server.ts';
import { createNodeHttpServer } from './node-http-server.ts';
import { createUwsHttpServer, loadUws } from './uws-http-server.ts';

/**
 * Creates the fastest server this machine can run: uWebSockets.js where its binary loads, else `node:http`.
 *
 * @param warn told once, with the reason, when the slower one is taken
 * @param load finds the native module; tests give another
 */
export function openHttpServer(
  options: HttpServerOptions,
  warn: (message: string) => void,
  load: typeof loadUws = loadUws,
): HttpServer {
  const uws = load();
  if ('unavailable' in uws) {
    warn(`serving with node:http, which is slower: ${uws.unavailable}; the native server runs on Node 20`);
    return createNodeHttpServer(options);
  }
  return createUwsHttpServer(uws, options);
}
