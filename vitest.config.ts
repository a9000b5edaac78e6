import { defineConfig } from 'vitest/config';

/** Unit tests need no network and no process; integration tests start redis-server or a server of ours. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{features,models,server,training-export,bench}/**/*.test.ts'],
          exclude: ['**/*.integration.test.ts', '**/*.peers.test.ts', '**/node_modules/**'],
          pool: 'forks',
        },
      },
      {
        test: {
          name: 'integration',
          include: ['{features,models,server,training-export,bench}/**/*.integration.test.ts'],
          pool: 'forks',
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
