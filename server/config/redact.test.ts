import { describe, expect, it } from 'vitest';
import { redactConfig, redactText } from './redact.ts';

describe('redactText', () => {
  it('takes user and password out of every URL in a text', () => {
    expect(redactText('redis://user:hunter2@a:1 and rediss://:p%40ss@b:2/0')).toBe(
      'redis://[redacted]@a:1 and rediss://[redacted]@b:2/0',
    );
  });

  it('takes out a password that has an at sign or a slash in it', () => {
    expect(redactText('redis://:p@ss@host:6379')).not.toContain('p@ss');
    expect(redactText('redis://:p/ss@host:6379')).not.toContain('p/ss');
  });

  it('leaves other text alone', () => {
    expect(redactText('jane at shop, http://127.0.0.1:8080/a')).toBe('jane at shop, http://127.0.0.1:8080/a');
  });
});

describe('redactConfig', () => {
  it('replaces secrets by name and by form, at any depth, and nothing else', () => {
    const config = {
      store: { url: 'redis://:hunter2@a', nodes: ['redis://:hunter2@b'], password: 'hunter2', accessToken: 'hunter2' },
      server: { port: 80, isOpen: true },
    };
    expect(redactConfig(config)).toEqual({
      store: {
        url: 'redis://[redacted]@a',
        nodes: ['redis://[redacted]@b'],
        password: '[redacted]',
        accessToken: '[redacted]',
      },
      server: { port: 80, isOpen: true },
    });
  });

  it('shows that a secret is not set', () => {
    expect(redactConfig({ password: '' })).toEqual({ password: '' });
  });
});
