import { describe, expect, it } from 'vitest';
import { isClean, OutcomeCounter } from './outcome-counts.ts';

const FULL = '{"items":[{"item_id":"boot"}],"degraded":null}';
const reply = (body: string, status = 200) => ({ status, body: Buffer.from(body) });

describe('outcome counter', () => {
  it('takes a full slate, an accepted batch and an answered ping as what they should be', () => {
    const counter = new OutcomeCounter();
    counter.add('recommend', reply(FULL));
    counter.add('events', reply('{"accepted":2,"duplicates":0,"rejected":[]}', 202));
    counter.add('ping', reply('{"status":"ok"}'));
    expect(counter.counts()).toMatchObject({ sentCount: 3, okCount: 3, reasons: {} });
    expect(isClean(counter.counts())).toBe(true);
  });

  it.each([
    ['degraded slate', 'recommend', reply('{"items":[1],"degraded":{"tier":"popularity"}}'), { degradedCount: 1 }],
    ['slate without products', 'recommend', reply('{"items":[],"degraded":null}'), { emptyCount: 1 }],
    ['event not taken', 'events', reply('{"rejected":[{"index":0}]}', 202), { rejectedCount: 1 }],
    ['refusal', 'recommend', reply(FULL, 503), { non2xxCount: 1, reasons: { 'status 503': 1 } }],
    ['lost connection', 'recommend', { failure: 'closed' }, { errorCount: 1, reasons: { closed: 1 } }],
  ] as const)('makes a run unclean by one %s among good replies', (_name, kind, exchange, expected) => {
    const counter = new OutcomeCounter();
    counter.add('recommend', reply(FULL));
    counter.add(kind, exchange);
    expect(counter.counts()).toMatchObject({ sentCount: 2, okCount: 1, ...expected });
    expect(isClean(counter.counts())).toBe(false);
  });

  it('counts requests that were due and never sent as errors', () => {
    const counter = new OutcomeCounter();
    counter.add('recommend', reply(FULL));
    counter.addUnsent(2);
    expect(counter.counts()).toMatchObject({ sentCount: 1, errorCount: 2, reasons: { unsent: 2 } });
    expect(isClean(counter.counts())).toBe(false);
  });

  it('does not call a run without requests clean', () => {
    expect(isClean(new OutcomeCounter().counts())).toBe(false);
  });
});
