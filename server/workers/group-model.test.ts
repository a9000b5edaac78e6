import { describe, expect, it } from 'vitest';
import { VitrineError } from '../../features/core/errors.ts';
import { SerialQueue } from '../../features/core/serial-queue.ts';
import { createLogger } from '../observability/logger.ts';
import { GroupModel } from './group-model.ts';

/** Workers that remember what they serve, and one after another refuse or die at a version. */
function aGroup(workers: readonly { refuses?: string; diesAt?: string; isAway?: boolean }[]) {
  const served = workers.map(() => 'v1');
  const slots = workers.map(({ refuses, diesAt, isAway = false }, i) => ({
    number: i + 1,
    isAnswering: !isAway,
    activate: async (version: string) => {
      await Promise.resolve();
      if (version === refuses) throw new VitrineError('REC_BUNDLE_INVALID', `${version} is broken`);
      if (version === diesAt) throw new VitrineError('REC_WORKER_UNAVAILABLE', 'gone');
      served[i] = version;
    },
  }));
  const logger = createLogger({ level: 'silent' });
  const parts = { artifactsPath: '/nowhere', modelVersion: 'v1', slots, changes: new SerialQueue(), logger };
  return { model: new GroupModel(parts), served };
}

describe('GroupModel', () => {
  it('changes every worker, and back', async () => {
    const { model, served } = aGroup([{}, {}, {}]);
    expect(await model.activate('v2')).toEqual({ serving: 'v2', previous: 'v1' });
    expect(served).toEqual(['v2', 'v2', 'v2']);
    expect(await model.rollback()).toEqual({ serving: 'v1', previous: 'v2' });
    expect(served).toEqual(['v1', 'v1', 'v1']);
  });

  it('takes back those that changed when a later one refuses', async () => {
    const { model, served } = aGroup([{}, {}, { refuses: 'v2' }]);
    await expect(model.activate('v2')).rejects.toThrow('v2 is broken');
    expect([served, model.versions]).toEqual([['v1', 'v1', 'v1'], { serving: 'v1', previous: undefined }]);
  });

  it('goes on without a worker that dies or is being replaced: it comes back with the version', async () => {
    const { model, served } = aGroup([{ diesAt: 'v2' }, {}, { isAway: true }]);
    expect(await model.activate('v2')).toEqual({ serving: 'v2', previous: 'v1' });
    expect(served).toEqual(['v1', 'v2', 'v1']);
  });

  it('changes nothing when no worker can be asked', async () => {
    const { model } = aGroup([{ isAway: true }, { diesAt: 'v2' }]);
    await expect(model.activate('v2')).rejects.toMatchObject({ code: 'REC_WORKER_UNAVAILABLE' });
    expect(model.versions).toEqual({ serving: 'v1', previous: undefined });
  });

  it('makes changes that are asked for at the same time one after another', async () => {
    const { model, served } = aGroup([{}, {}]);
    await Promise.all([model.activate('v2'), model.activate('v3'), model.rollback()]);
    expect([served, model.versions]).toEqual([['v2', 'v2'], { serving: 'v2', previous: 'v3' }]);
  });

  it('refuses to roll back before the first change, and to serve the newest of an empty folder', async () => {
    const { model } = aGroup([{}]);
    await expect(model.rollback()).rejects.toThrow('there is no earlier model to go back to');
    await expect(model.activate('')).rejects.toThrow(/nowhere does not exist/);
  });
});
