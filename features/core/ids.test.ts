import { describe, expect, it } from 'vitest';
import { asSessionId, asUserId, sessionKey, userKey } from './ids.ts';

describe('shopper keys', () => {
  it('tell accounts and visitors apart, whatever their ids are', () => {
    expect(userKey(asUserId('7'))).toBe('u:7');
    expect(sessionKey(asSessionId('7'))).toBe('s:7');
    expect(userKey(asUserId('s:7'))).toBe('u:s:7');
  });
});
