import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { withBlock } from './lib/generated-block.ts';
import { readPublished } from './lib/published-results.ts';
import { PUBLISHED_BLOCKS } from './lib/published-tables.ts';

const results = readPublished(new URL('./results', import.meta.url).pathname);

describe('what documents state of speed and memory', () => {
  it.each(PUBLISHED_BLOCKS)('agrees with the committed results: $document, $name (npm run bench:table)', (block) => {
    const text = readFileSync(new URL(`../${block.document}`, import.meta.url), 'utf8');
    expect(text).toBe(withBlock(text, block.name, block.render(results)));
  });

  it('rests on a recorded run of the reference size', () => {
    expect(results.reference?.parameters).toMatchObject({
      items: 100_000,
      candidates: 200,
      fields: 24,
      store: 'redis',
    });
  });
});

describe('withBlock', () => {
  it('replaces what stands between the markers and nothing else', () => {
    const text = 'a\n<!-- bench:x -->\nold\n<!-- /bench:x -->\nb\n';
    const changed = withBlock(text, 'x', 'new\n');
    expect(changed).toBe('a\n<!-- bench:x -->\nnew\n<!-- /bench:x -->\nb\n');
    expect(withBlock(changed, 'x', 'new')).toBe(changed);
  });

  it('says which markers are missing', () => {
    expect(() => withBlock('a\n<!-- /bench:x --><!-- bench:x -->', 'x', '')).toThrow(
      'the markers <!-- bench:x --> and <!-- /bench:x --> are missing',
    );
  });
});
