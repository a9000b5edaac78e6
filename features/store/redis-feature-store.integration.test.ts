import { describeFeatureStoreContract } from './feature-store.contract.ts';
import { startRedisServer } from './testing/redis-server.ts';

describeFeatureStoreContract('redis', async () => {
  const server = await startRedisServer();
  return {
    optionsFor: (shop) => ({ kind: 'redis', mode: 'single', url: server.url, shop, profileTtlDays: 30 }),
    stop: () => server.stop(),
  };
});
