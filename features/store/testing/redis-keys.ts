import { createRedisClient, type RedisNode } from '../redis-client.ts';

/** Every key of some redis-servers with the milliseconds it has left; -1: it never expires. */
export async function keysAndTtls(nodes: readonly RedisNode[]): Promise<Map<string, number>> {
  const ttls = new Map<string, number>();
  for (const { host, port } of nodes) {
    const client = createRedisClient({ mode: 'single', url: `redis://${host}:${port}` });
    await client.connect();
    for (const key of await client.keys('*')) ttls.set(key, await client.pttl(key));
    client.disconnect();
  }
  return ttls;
}

/** Keys that never expire; fails when there is no key at all, since then nothing is shown. */
export async function keysThatStay(nodes: readonly RedisNode[]): Promise<string[]> {
  const ttls = await keysAndTtls(nodes);
  if (ttls.size === 0) throw new Error('the servers hold no key');
  return Array.from(ttls).flatMap(([key, ttlMs]) => (ttlMs < 0 ? [key] : []));
}
