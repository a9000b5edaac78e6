import { defineConfig } from 'vitest/config';

/**
 * Unit tests need no network and no process; integration tests start redis-server or a server of ours. They mostly wait for those, so two
 * files at a time take little more than one. Unit tests share a process: to start one for each file takes longer than they do.
 */
export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{features,models,server,training-export,bench}/**/*.test.ts'],
          exclude: ['**/*.integration.test.ts', '**/*.peers.test.ts', '**/node_modules/**'],
          pool: 'forks',
          isolate: false,
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
