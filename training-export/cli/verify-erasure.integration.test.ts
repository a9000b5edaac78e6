import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { Deadline } from '../../features/core/deadline.ts';
import { asSessionId, asUserId, type ShopperKey, sessionKey, userKey } from '../../features/core/ids.ts';
import type { FeatureStore } from '../../features/store/feature-store.ts';
import { openFeatureStore } from '../../features/store/open-feature-store.ts';
import { startRedisServer, type TestRedisServer } from '../../features/store/testing/redis-server.ts';
import type { StoreFlags } from './store-flags.ts';
import { verifyErasureCommand } from './verify-erasure-command.ts';

const NOW_MS = Date.UTC(2026, 4, 21);
const soon = (): Deadline => Deadline.after(5_000);

let folder: string;
let redis: TestRedisServer;
let printed = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vitrine-verify-'));
  redis = await startRedisServer();
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
});
afterEach(() => {
  printed = '';
});
afterAll(async () => {
  vi.restoreAllMocks();
  await redis.stop();
  await rm(folder, { recursive: true });
});

describe.each(['lmdb', 'redis'] as const)('verify-erasure on %s', (kind) => {
  const flags = (): StoreFlags => ({
    storePath: join(folder, 'store'),
    shop: 'test',
    ...(kind === 'redis' ? { redis: redis.url } : {}),
  });
  let store: FeatureStore;

  const verify = (id: string, isSession = false): Promise<boolean> =>
    verifyErasureCommand({ ...flags(), id, isSession });

  beforeAll(async () => {
    const common = { shop: 'test', profileTtlDays: 1 };
    store = await openFeatureStore(
      kind === 'lmdb'
        ? { kind, path: join(folder, 'store'), ...common }
        : { kind, mode: 'single', url: redis.url, ...common },
    );
    await vi.waitFor(() => store.ping(soon()), { timeout: 10_000 });
    await act(userKey(asUserId('anna')), { user_id: 'anna', session_id: 'visit' });
    await act(userKey(asUserId('ben')), { user_id: 'ben' });
    await act(sessionKey(asSessionId('anna')), { session_id: 'anna' });
    await store.appendSlates(
      [{ shopper: userKey(asUserId('anna')), atMs: NOW_MS, text: '{"user_id":"anna"}' }],
      soon(),
    );
  });
  afterAll(() => store.close());

  const act = (key: ShopperKey, event: Record<string, unknown>): Promise<void> =>
    store.updateProfile(
      key,
      (profile) => {
        profile.lastSeenAtMs = NOW_MS;
        return { log: [JSON.stringify(event)] };
      },
      soon(),
    );

  it('names what is there of a shopper who was not erased, and what it looked at', async () => {
    expect(await verify('anna')).toBe(false);
    expect(printed).toContain('searched  3 profile records, every one of the shop\n');
    expect(printed).toContain('searched  3 entries of the event log, every one the store holds\n');
    expect(printed).toContain('searched  1 entries of the slate log, every one the store holds\n');
    expect(printed).toMatch(/found {5}profile v1:test:\{u:anna\}:p: record of \d+ bytes\n/);
    expect(printed).toMatch(/found {5}event events .+: entry of \d+ bytes\n/);
    expect(printed).toMatch(/found {5}slate slates /);
    expect(printed).toContain('NOT ERASED: 3 traces of user "anna"; send DELETE /v1/users/anna and look again\n');
  });

  it('proves an erasure, and finds what came since', async () => {
    await store.eraseShopper(userKey(asUserId('anna')), NOW_MS, soon());
    expect(await verify('anna')).toBe(true);
    expect(printed).toMatch(
      /found {5}tombstone v1:test:\{u:anna\}:p: erased at 2026-05-21T00:00:00.000Z, nothing since\n/,
    );
    expect(printed).toContain('ERASED: nothing of user "anna" is left but the tombstone\n');
    await act(userKey(asUserId('anna')), { user_id: 'anna' });
    expect(await verify('anna')).toBe(false);
  });

  it('tells a session from an account of the same name', async () => {
    expect(await verify('anna', true)).toBe(false);
    expect(printed).toContain('NOT ERASED: 2 traces of session "anna"; send DELETE /v1/sessions/anna and look again\n');
    await store.eraseShopper(sessionKey(asSessionId('anna')), NOW_MS, soon());
    expect(await verify('anna', true)).toBe(true);
  });

  it('says when there is not even a tombstone', async () => {
    expect(await verify('nobody')).toBe(true);
    expect(printed).toContain('NOTHING THERE: nothing of user "nobody", no tombstone either: never seen, or expired\n');
  });

  it('does not take an empty shop for a proof', async () => {
    await expect(
      verifyErasureCommand({ ...flags(), shop: 'tset', id: 'anna', isSession: false }),
    ).rejects.toMatchObject({
      code: 'REC_INVALID_CONFIG',
      message: expect.stringContaining('holds no profile and no log entry: nothing was looked at'),
    });
  });
});

describe('verify-erasure', () => {
  it('makes no store where there is none, and does not pretend to have looked', async () => {
    const nowhere = { storePath: join(folder, 'nowhere'), shop: 'test', id: 'anna', isSession: false };
    await expect(verifyErasureCommand(nowhere)).rejects.toMatchObject({
      code: 'REC_INVALID_CONFIG',
      message: expect.stringContaining('--store-path: there is no store in'),
    });
    await expect(verifyErasureCommand({ ...nowhere, redis: 'redis://127.0.0.1:1' })).rejects.toMatchObject({
      code: 'REC_STORE_UNAVAILABLE',
    });
    expect(printed).toBe('');
  });
});
