import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { VitrineError } from '../../features/core/errors.ts';
import { freePort } from '../../features/store/testing/redis-server.ts';
import { loadConfig } from '../config/load-config.ts';
import { createLogger } from '../observability/logger.ts';
import { writeTestBundle } from '../testing/a-bundle.ts';
import { WorkerSlot } from './worker-slot.ts';

const LOADER = new URL('../../features/store/testing/typescript-loader.mjs', import.meta.url).href;
const HOST = '127.0.0.1';
const SLOW_MACHINE = { timeout: 30_000, interval: 50 };

let folder: string;
let port: number;
const logged: Record<string, unknown>[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vitrine-slot-'));
  await writeTestBundle(join(folder, 'artifacts'), 'v1', {
    items: [{ itemId: 'boot', category: 'shoes', price: 1, angle: 0 }],
  });
  port = await freePort();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function aSlot(signOfLifeMs: number, ends: string[]): WorkerSlot {
  const environment = {
    VITRINE_MODELS_ARTIFACTS: 'artifacts',
    VITRINE_STORE_PATH: 'store',
    VITRINE_LOG_LEVEL: 'silent',
  };
  const { source } = loadConfig({ environment, workingDirectory: folder });
  const unasked = () => Promise.reject(new VitrineError('REC_INTERNAL', 'not asked for in this test'));
  return new WorkerSlot({
    number: 1,
    order: () => ({ number: 1, config: source, modelVersion: 'v1' }),
    address: async () => ({ host: HOST, port, isShared: true }),
    inTurn: (steps) => steps(),
    answers: { readiness: unasked, metrics: unasked },
    logger: createLogger({ level: 'info', write: (line) => logged.push(JSON.parse(line)) }),
    onEnd: (how) => ends.push(how),
    signOfLifeMs,
    execArgv: ['--import', LOADER],
  });
}

async function answers(): Promise<boolean> {
  const reply = await fetch(`http://${HOST}:${port}/livez`, { signal: AbortSignal.timeout(500) }).catch(
    () => undefined,
  );
  return reply?.status === 200;
}

describe('WorkerSlot', () => {
  it('ends a worker that hangs and starts another', async () => {
    const ends: string[] = [];
    const slot = aSlot(1_000, ends);
    try {
      expect(await slot.start()).toBe(true);
      expect(await answers()).toBe(true);
      process.kill(slot.pid!, 'SIGSTOP');
      await expect.poll(() => ends, SLOW_MACHINE).toEqual(['died']);
      expect(logged.map(({ msg }) => msg)).toContain('worker gives no sign of life, it is ended');
      await expect.poll(answers, SLOW_MACHINE).toBe(true);
    } finally {
      await slot.stop(0);
    }
    expect(await answers()).toBe(false);
  });

  it('stops a worker that hangs', async () => {
    const slot = aSlot(60_000, []);
    await slot.start();
    process.kill(slot.pid!, 'SIGSTOP');
    await slot.stop(0);
    expect(slot.pid).toBeUndefined();
  });
});
