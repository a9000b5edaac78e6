import { describe, expect, it } from 'vitest';
import { httpServerContract } from './http-server.contract.ts';
import { createNodeHttpServer } from './node-http-server.ts';
import { openHttpServer } from './open-http-server.ts';
import { createUwsHttpServer, loadUws } from './uws-http-server.ts';

httpServerContract('node:http', createNodeHttpServer, { answersPipelinedRequests: true });

const uws = loadUws();
if ('unavailable' in uws) {
  describe('uWebSockets.js', () => {
    it.skip(`has no native server on this machine: ${uws.unavailable}`, () => {});
  });
} else {
  httpServerContract('uWebSockets.js', (options) => createUwsHttpServer(uws, options), {
    answersPipelinedRequests: false,
  });
}

describe('openHttpServer', () => {
  const options = { handler: () => ({ status: 200, body: '' }), maxBodyBytes: 1, requestTimeoutMs: 1, maxInFlight: 1 };

  it('takes the native server where its binary loads', () => {
    const warnings: string[] = [];
    const server = openHttpServer(options, (message) => warnings.push(message));
    const isNative = !('unavailable' in uws);
    expect(server.technology).toBe(isNative ? 'uWebSockets.js' : 'node:http');
    expect(warnings).toHaveLength(isNative ? 0 : 1);
  });

  it('takes node:http elsewhere, and says so and why in one line', () => {
    const warnings: string[] = [];
    const load = () => ({ unavailable: 'uWebSockets.js has no binary uws_linux_x64_137.node' });
    const server = openHttpServer(options, (message) => warnings.push(message), load);
    expect(server.technology).toBe('node:http');
    expect(warnings).toEqual([expect.stringMatching(/^serving with node:http, .*uws_linux_x64_137\.node; [^\n]*$/)]);
  });
});
