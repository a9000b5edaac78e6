import { describe, expect, it } from 'vitest';
import { noPortSharingReason } from './open-http-server.ts';
import type { loadUws } from './uws-http-server.ts';

const without = () => ({ unavailable: 'no binary' });

describe('noPortSharingReason', () => {
  it('finds none on Linux with the native server', () => {
    const native = () => ({}) as ReturnType<typeof loadUws>;
    expect(noPortSharingReason(native, { platform: 'linux', version: 'v20.11.0' })).toBeUndefined();
  });

  it('finds none with node:http where Node can share a port', () => {
    for (const version of ['v22.12.0', 'v23.1.0', 'v24.0.0', 'v26.3.1']) {
      expect(noPortSharingReason(without, { platform: 'linux', version }), version).toBeUndefined();
    }
    for (const version of ['v20.20.2', 'v21.7.0', 'v22.11.0', 'v23.0.0']) {
      expect(noPortSharingReason(without, { platform: 'linux', version }), version).toContain(`this is ${version}`);
    }
  });

  it('names systems that do not spread connections', () => {
    for (const platform of ['darwin', 'win32'] as const) {
      expect(noPortSharingReason(without, { platform, version: 'v24.0.0' })).toContain(platform);
    }
  });
});
