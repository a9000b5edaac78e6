import { writeFile } from 'node:fs/promises';
import { type Profiler, Session } from 'node:inspector/promises';
import { resolve } from 'node:path';
import { withCleanup } from './lib/cleanup.ts';
import { SyntheticService } from './lib/synthetic-service.ts';
import { textTable } from './lib/text-table.ts';
import { type SyntheticBenchOptions, sizesOf } from './run-synthetic.ts';

export interface ProfileOptions extends SyntheticBenchOptions {
  /** Where the profile is written: `.cpuprofile`, which browsers and editors show as a flame graph. */
  readonly profile: string;
}

/** Time of one function itself, without those it calls. */
export interface SelfTime {
  readonly name: string;
  readonly usPerRequest: number;
}

const REQUESTS = 3_000;
const SAMPLING_INTERVAL_US = 100;
const SHOWN = 30;

/** Answers requests in this process, one after another, and says where the time goes, function by function. */
export function runProfile(options: ProfileOptions): Promise<{ readonly faults: readonly string[] }> {
  return withCleanup(async (cleanup) => {
    const sizes = { ...sizesOf(options), bundlesFolder: resolve(options.bundles), onStep: say };
    const service = await SyntheticService.open(sizes, cleanup);
    const server = await service.openInProcess();
    await server.run(options.warmUp);
    server.forget();
    const profile = await recordProfile(() => server.run(REQUESTS));
    await writeFile(options.profile, JSON.stringify(profile));
    const { requestUs, javascriptUs } = server.report();
    const rows = selfTimes(profile, REQUESTS).slice(0, SHOWN);
    process.stdout.write(
      `${[
        '',
        textTable(
          ['function, with its file', 'us per request'],
          rows.map(({ name, usPerRequest }) => [name, usPerRequest.toFixed(1)]),
        ),
        '',
        `a request ${requestUs.p50} us, ${javascriptUs.p50} us of them outside native calls (p50, while being profiled)`,
        `written: ${options.profile}`,
      ].join('\n')}\n`,
    );
    return { faults: [] };
  });
}

async function recordProfile(work: () => Promise<unknown>): Promise<Profiler.Profile> {
  const session = new Session();
  session.connect();
  try {
    await session.post('Profiler.enable');
    await session.post('Profiler.setSamplingInterval', { interval: SAMPLING_INTERVAL_US });
    await session.post('Profiler.start');
    await work();
    return (await session.post('Profiler.stop')).profile;
  } finally {
    session.disconnect();
  }
}

/** Functions by the time spent in themselves, longest first. @internal */
export function selfTimes({ nodes, samples, timeDeltas }: Profiler.Profile, requestCount: number): SelfTime[] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const totals = new Map<string, number>();
  samples?.forEach((id, i) => {
    const name = nameOf(byId.get(id)!);
    totals.set(name, (totals.get(name) ?? 0) + (timeDeltas?.[i] ?? 0));
  });
  return [...totals]
    .map(([name, us]) => ({ name, usPerRequest: us / requestCount }))
    .sort((a, b) => b.usPerRequest - a.usPerRequest);
}

function nameOf({ callFrame }: Profiler.ProfileNode): string {
  const { functionName, url, lineNumber } = callFrame;
  const file = url.split('/').slice(-3).join('/');
  return `${functionName === '' ? '(anonymous)' : functionName}${file === '' ? '' : ` ${file}:${lineNumber + 1}`}`;
}

function say(step: string): void {
  process.stderr.write(`${step}\n`);
}
