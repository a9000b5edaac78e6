/** The load generator in a process of its own: takes jobs from its parent, one at a time, and ends with it. */
import { runClosedLoop } from './closed-loop.ts';
import type { GeneratorJob, GeneratorReply } from './generator.ts';
import { runOpenLoop } from './open-loop.ts';
import { PING, Traffic, type TrafficRequest } from './traffic.ts';

let nextRequest: (() => TrafficRequest) | undefined;

async function run(job: GeneratorJob): Promise<GeneratorReply> {
  switch (job.kind) {
    case 'traffic': {
      const traffic = new Traffic(job.spec, job.eventPrefix);
      nextRequest = () => traffic.next();
      return { kind: 'ready' };
    }
    case 'ping':
      return { kind: 'report', report: await runClosedLoop(() => PING, job.options) };
    case 'closed':
      return { kind: 'report', report: await runClosedLoop(given(nextRequest), job.options) };
    case 'open':
      return { kind: 'open-report', report: await runOpenLoop(given(nextRequest), job.options) };
  }
}

function given<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('a job came before the traffic it is made of');
  return value;
}

process.on('message', (job: GeneratorJob) => {
  run(job).then(
    (reply) => process.send?.(reply),
    (error: unknown) => process.send?.({ kind: 'failed', message: String(error) } satisfies GeneratorReply),
  );
});
process.on('disconnect', () => process.exit(0));
