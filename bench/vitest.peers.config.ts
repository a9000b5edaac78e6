import { defineConfig } from 'vitest/config';

/** Tests that need the packages of bench/peers, which `npm ci` of the project does not install: `npm run test:peers`. */
export default defineConfig({
  test: {
    include: ['bench/**/*.peers.test.ts'],
    pool: 'forks',
    testTimeout: 240_000,
    hookTimeout: 120_000,
  },
});
