import { describe, expect, it } from 'vitest';
import { VitrineError } from '../../features/core/errors.ts';
import { aRequest } from '../http/testing/a-request.ts';
import { makeLivezRoute, makeMetricsRoute, makeReadyzRoute, type ReadinessCheck, runChecks } from './operations.ts';

const model: ReadinessCheck = { name: 'model', isRequired: true, check: async () => 'v1' };
const store: ReadinessCheck = { name: 'store', isRequired: false, check: async () => 'redis at 127.0.0.1' };
const failing = (check: ReadinessCheck): ReadinessCheck => ({
  ...check,
  check: () => Promise.reject(new VitrineError('REC_STORE_UNAVAILABLE', 'redis://:hunter2@host refused')),
});

async function readyz(...checks: ReadinessCheck[]) {
  const reply = await makeReadyzRoute(() => runChecks(checks)).handle(aRequest(), {});
  return { status: reply.status, body: JSON.parse(reply.body as string) as { status: string; checks: unknown[] } };
}

describe('GET /livez', () => {
  it('answers while the process runs', async () => {
    expect((await makeLivezRoute().handle(aRequest(), {})).status).toBe(200);
  });
});

describe('GET /readyz', () => {
  it('is ready when every check passes, and says what was found', async () => {
    expect(await readyz(model, store)).toEqual({
      status: 200,
      body: {
        status: 'ready',
        checks: [
          { name: 'model', status: 'ok', required: true, detail: 'v1' },
          { name: 'store', status: 'ok', required: false, detail: 'redis at 127.0.0.1' },
        ],
      },
    });
  });

  it('stays ready, degraded, while the store is down', async () => {
    const { status, body } = await readyz(model, failing(store));
    expect(status).toBe(200);
    expect(body).toMatchObject({
      status: 'degraded',
      checks: [{ status: 'ok' }, { status: 'failed', detail: 'REC_STORE_UNAVAILABLE' }],
    });
    expect(JSON.stringify(body)).not.toContain('hunter2');
  });

  it('is not ready when a required check fails', async () => {
    expect(await readyz(failing(model), store)).toMatchObject({ status: 503, body: { status: 'unavailable' } });
  });

  it('does not wait for a check that hangs', async () => {
    const hanging: ReadinessCheck = { ...store, check: () => new Promise(() => {}) };
    expect(await readyz(model, hanging)).toMatchObject({
      status: 200,
      body: { checks: [{ status: 'ok' }, { status: 'failed', detail: 'REC_DEADLINE_EXCEEDED' }] },
    });
  });

  it('takes a check that throws at once as failed', async () => {
    const throwing: ReadinessCheck = {
      ...model,
      check: () => {
        throw new TypeError('x is undefined');
      },
    };
    expect(await readyz(throwing)).toMatchObject({ status: 503, body: { checks: [{ detail: 'REC_INTERNAL' }] } });
  });
});

describe('GET /metrics', () => {
  it('passes text and content type on', async () => {
    const route = makeMetricsRoute(async () => ({ contentType: 'text/plain; version=0.0.4', text: 'a 1\n' }));
    const reply = await route.handle(aRequest(), {});
    expect(reply).toMatchObject({ status: 200, body: 'a 1\n' });
    expect(reply.headers).toMatchObject({ 'content-type': 'text/plain; version=0.0.4' });
  });
});
