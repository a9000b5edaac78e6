import type { HttpServer, HttpServerOptions } from './http-server.ts';
import { createNodeHttpServer } from './node-http-server.ts';
import { createUwsHttpServer, loadUws } from './uws-http-server.ts';

/**
 * Why several processes cannot share a port here; undefined when they can.
 *
 * Other systems than Linux know the option, but do not spread connections over the listeners.
 */
export function noPortSharingReason(
  load: typeof loadUws = loadUws,
  { platform, version }: Pick<NodeJS.Process, 'platform' | 'version'> = process,
): string | undefined {
  if (platform !== 'linux') return `${platform} does not spread connections over processes`;
  if (!('unavailable' in load())) return undefined;
  const [major = 0, minor = 0] = version.slice(1).split('.').map(Number);
  const isKnown = major > 23 || (major === 23 && minor >= 1) || (major === 22 && minor >= 12);
  return isKnown ? undefined : `node:http shares a port from Node 22.12 on, this is ${version}`;
}

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
