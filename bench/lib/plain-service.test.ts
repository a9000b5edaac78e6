import { describe, expect, it } from 'vitest';
import { PLAIN_SERVICE_INSTALL, requirePlainService } from './plain-service.ts';

describe('plain service', () => {
  it('is not started without its packages, and says how to get them', () => {
    expect(() => requirePlainService(new URL('file:///nowhere/'))).toThrow(`run \`${PLAIN_SERVICE_INSTALL}\``);
  });
});
