import { readFileSync, writeFileSync } from 'node:fs';
import { messageOf } from '../features/core/errors.ts';
import { withBlock } from './lib/generated-block.ts';
import { readPublished } from './lib/published-results.ts';
import { PUBLISHED_BLOCKS } from './lib/published-tables.ts';

/** Writes what documents state of speed and memory anew, from the committed results. */
function main(): void {
  const results = readPublished('bench/results');
  for (const { document, name, render } of PUBLISHED_BLOCKS) {
    writeFileSync(document, withBlock(readFileSync(document, 'utf8'), name, render(results)));
    process.stdout.write(`${document}: ${name}\n`);
  }
}

try {
  main();
} catch (error) {
  process.stderr.write(`bench:table: ${messageOf(error)}\n`);
  process.exitCode = 1;
}
