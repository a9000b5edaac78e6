import { describe, expect, it } from 'vitest';
import { Deadline } from '../core/deadline.ts';
import type { RedisClient } from './redis-client.ts';
import { RedisCommands, redisScript } from './redis-commands.ts';

const commands = new RedisCommands({} as RedisClient, 'redis at nowhere', 500);

describe('RedisCommands.call', () => {
  const failing = {
    rejects: () => Promise.reject(new Error('broken')),
    throws: () => {
      throw new Error('broken');
    },
  };

  it.each(Object.entries(failing))('says what failed and where when a command %s', async (_how, send) => {
    await expect(commands.call('reading a profile', Deadline.after(1_000), send)).rejects.toMatchObject({
      code: 'REC_STORE_UNAVAILABLE',
      message: 'reading a profile failed at redis at nowhere: broken',
    });
  });

  it('sends nothing after the deadline', async () => {
    let sentCount = 0;
    const send = async () => sentCount++;
    const called = commands.call('reading a profile', Deadline.after(-1), send);
    await expect(called).rejects.toMatchObject({ code: 'REC_DEADLINE_EXCEEDED' });
    expect(sentCount).toBe(0);
  });
});

describe('RedisCommands.runScript', () => {
  it('sends one run as one command, and no pipeline: what those leave is dear to collect', async () => {
    const sent: unknown[][] = [];
    const client = {
      callBuffer: async (...words: unknown[]) => {
        sent.push(words);
        return 7;
      },
      pipeline: () => {
        throw new Error('a pipeline was made');
      },
    };
    const script = redisScript('return 7');
    const alone = new RedisCommands(client as unknown as RedisClient, 'redis at nowhere', 500);
    const results = await alone.runScript('counting', script, [{ keys: ['a'], values: [1] }]);
    expect(results).toEqual([{ status: 'fulfilled', value: 7 }]);
    expect(sent).toEqual([['evalsha', script.sha1, 1, 'a', 1]]);
  });
});
