import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cleanup } from './cleanup.ts';
import { compareAnswers, disagreementOf } from './compare-answers.ts';
import { type GuardSizes, runGuard } from './guard-run.ts';
import { isWithin, readThresholds } from './guard-thresholds.ts';
import type { ServiceProcess } from './server-process.ts';
import { SyntheticService, WIDE_BUDGETS } from './synthetic-service.ts';

const SIZES: GuardSizes = {
  items: 400,
  candidates: 200,
  warmUp: 300,
  rounds: 1,
  perRound: 1,
  rankerRounds: 1,
  capacityRounds: 2,
  secondsPerRound: 1,
};
const SHOP = {
  itemCount: 600,
  fieldCount: 24,
  rankerDim: 16,
  embeddingDim: 64,
  candidateCount: 100,
  shopperCount: 64,
  slateSize: 20,
  seed: 3,
  store: 'redis',
  bundlesFolder: undefined,
  onStep: () => {},
} as const;

describe('plain service', () => {
  const cleanup = new Cleanup();
  let service: SyntheticService;
  let server: ServiceProcess;
  let plain: ServiceProcess;
  beforeAll(async () => {
    service = await SyntheticService.open(SHOP, cleanup);
    server = await service.startVitrine({ budgets: WIDE_BUDGETS });
    plain = await service.startPlainService();
  });
  afterAll(() => cleanup.run());

  it('answers what the server answers without rules: the same items with the same scores', async () => {
    const userIds = Array.from({ length: 20 }, (_, shopper) => service.shop.userId(shopper));
    const comparison = await compareAnswers(server, plain, userIds);
    expect(disagreementOf(comparison)).toBeUndefined();
    expect(comparison.requestCount).toBe(20);
  });

  it('refuses a request without a shopper, as a service of its kind would', async () => {
    const reply = await fetch(`http://${plain.host}:${plain.port}/v1/recommend`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"scene":"bare"}',
    });
    expect(reply.status).toBe(400);
  });
});

describe('latency guard beside the plain service', () => {
  it('fails when the server does less because its JavaScript is slow', async () => {
    const thresholds = readThresholds();
    const ratios = ['capacityToPlain'] as const;
    const outcome = await runGuard({ sizes: SIZES, thresholds, ratios, slowed: 'javascript', onStep: () => {} });
    expect(outcome.failed).toEqual(ratios);
    expect(outcome.attempts).toHaveLength(2);
    for (const { ratios: found, faults } of outcome.attempts) {
      expect(faults).toEqual([]);
      expect(found.capacityToPlain).toBeGreaterThan(0);
      expect(isWithin(found.capacityToPlain!, thresholds.capacityToPlain)).toBe(false);
    }
  });
});
