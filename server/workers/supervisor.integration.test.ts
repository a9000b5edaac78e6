import { randomUUID } from 'node:crypto';
import { readdirSync, readlinkSync } from 'node:fs';
import { cp, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { freePort } from '../../features/store/testing/redis-server.ts';
import { headText, RawConnection } from '../http/testing/raw-connection.ts';
import { writeTestBundle } from '../testing/a-bundle.ts';
import { type LoadOutcome, startLoad } from '../testing/request-load.ts';
import { type FailedStart, type ServerProcess, startServerProcess } from '../testing/server-process.ts';

const ITEMS = ['boot', 'runner', 'sandal', 'slipper', 'clog'].map((itemId, i) => ({
  ...{ itemId, category: 'shoes', price: 40 + i, angle: i },
}));
const SLOW_MACHINE = { timeout: 30_000, interval: 50 };

let folder: string;
const running: ServerProcess[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vitrine-workers-'));
  for (const version of ['v1', 'v2']) await writeTestBundle(join(folder, 'made'), version, { items: ITEMS });
  const budgets = { storeMs: 1_000, requestMs: 5_000, retrievalMs: 1_000, rankMs: 1_000 };
  const config = {
    models: { artifacts: 'artifacts', version: 'v1' },
    budgets,
    server: { workers: 2, requestTimeoutMs: 10_000 },
  };
  await writeFile(join(folder, 'vitrine.config.json'), JSON.stringify(config));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

beforeEach(() => cp(join(folder, 'made'), join(folder, 'artifacts'), { recursive: true }));
afterEach(async () => {
  for (const server of running.splice(0)) {
    server.signal('SIGKILL');
    await server.ended;
  }
  await rm(join(folder, 'artifacts'), { recursive: true, force: true });
});

const WORKERS = { VITRINE_SERVER_WORKERS: '2' };

async function start(environment: Readonly<Record<string, string>> = {}): Promise<ServerProcess> {
  const path = join(folder, `store-${randomUUID()}`);
  const server = await startServerProcess(folder, { VITRINE_STORE_PATH: path, ...WORKERS, ...environment });
  if (!('url' in server)) throw new Error(`the server did not start: ${server.message}`);
  running.push(server);
  return server;
}

/** Process id of each worker, by number: the latest that said something. */
function workerPids(server: ServerProcess): Map<number, number> {
  const lines = server.logLines().filter(({ msg }) => msg === 'model serves');
  return new Map(lines.map(({ worker, pid }) => [worker as number, pid as number]));
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function socketCount(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).filter((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`).startsWith('socket:');
    } catch {
      return false; // closed meanwhile
    }
  }).length;
}

async function admin(server: ServerProcess, path: string, method = 'GET') {
  const response = await fetch(server.adminUrl + path, { method });
  return { status: response.status, json: (await response.json()) as Record<string, unknown> };
}

async function readiness(server: ServerProcess) {
  const { status, json } = await admin(server, '/readyz');
  const checks = json.checks as { name: string; status: string; detail: string }[];
  return { status, state: json.status, check: (name: string) => checks.find((check) => check.name === name) };
}

const areAllReady = (server: ServerProcess) => async () => (await readiness(server)).check('all_workers')?.detail;

async function metric(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${name} `));
  return line === undefined ? Number.NaN : Number(line.slice(name.length));
}

function view(eventId: string, userId: string) {
  const items = [{ item_id: 'boot' }];
  return { event_id: eventId, event: 'view_item', timestamp: Date.now(), user_id: userId, items };
}

function countOf(outcomes: readonly LoadOutcome[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const { status } of outcomes) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

function versionsIn(outcomes: readonly LoadOutcome[]): Set<string> {
  return new Set(outcomes.map(({ text }) => (JSON.parse(text) as { model_version: string }).model_version));
}

/** Answers of fresh connections: enough that every worker has some. */
async function freshAnswers(server: ServerProcess, count: number): Promise<readonly LoadOutcome[]> {
  const url = `${server.url}/v1/recommend/home?count=3`;
  const load = startLoad({ url, width: 4, isKeptAlive: false });
  await expect.poll(() => load.outcomes.length, SLOW_MACHINE).toBeGreaterThanOrEqual(count);
  return load.stop();
}

describe('several workers', () => {
  it('share the connections of one port, and none reaches the supervisor', async () => {
    const server = await start();
    const pids = [...workerPids(server).values()];
    expect(new Set(pids).size).toBe(2);
    expect(pids).not.toContain(server.pid);
    const before = pids.map(socketCount);
    const agent = new Agent({ keepAlive: true });
    await Promise.all(Array.from({ length: 60 }, () => kept(`${server.url}/v1/recommend/home?count=1`, agent)));
    const gained = pids.map((pid, i) => socketCount(pid) - before[i]!);
    agent.destroy();
    // Each connection falls to a worker by chance: fewer than 10 of 60 happens once in ten million runs.
    for (const count of gained) expect(count).toBeGreaterThanOrEqual(10);
    expect(gained[0]! + gained[1]!).toBe(60);
  });

  it('count together: the metrics of any listener are those of all', async () => {
    const server = await start();
    const answers = await freshAnswers(server, 300);
    const name = 'vitrine_requests_total{route="/v1/recommend/{scene}",status="200"}';
    for (const url of [server.url, server.adminUrl]) expect(await metric(url, name)).toBe(answers.length);
    const duration = 'vitrine_request_duration_seconds_count{route="/v1/recommend/{scene}",outcome="ok"}';
    expect(await metric(server.adminUrl, duration)).toBe(answers.length);
    for (const worker of ['1', '2', 'supervisor']) {
      const memory = await metric(server.url, `process_resident_memory_bytes{worker="${worker}"}`);
      expect(memory).toBeGreaterThan(10_000_000);
    }
    expect(await metric(server.url, 'vitrine_workers{state="ready"}')).toBe(2);
  });

  it('know of a shopper what any of them was told', async () => {
    const server = await start();
    for (let i = 0; i < 10; i++) {
      const events = JSON.stringify({ events: [view(`e-${i}`, `anna-${i}`)] });
      const sent = startLoad({ url: `${server.url}/v1/events`, width: 1, body: () => events, isKeptAlive: false });
      await expect.poll(() => sent.outcomes.length, SLOW_MACHINE).toBeGreaterThanOrEqual(2);
      const [first, ...again] = (await sent.stop()).map(({ text }) => JSON.parse(text) as { accepted: number });
      expect(first?.accepted).toBe(1);
      for (const { accepted } of again) expect(accepted).toBe(0);
    }
  });
});

describe('a worker that dies', () => {
  it('costs only what it had in work, and is replaced', async () => {
    const server = await start();
    const victim = workerPids(server).get(1)!;
    const total = () => metric(server.adminUrl, 'vitrine_requests_total{route="/v1/recommend/{scene}",status="200"}');
    const load = startLoad({ url: `${server.url}/v1/recommend/home?count=3`, width: 8, isKeptAlive: false });
    await expect.poll(() => load.outcomes.length, SLOW_MACHINE).toBeGreaterThan(100);
    const totalBefore = await total();
    process.kill(victim, 'SIGKILL');
    await expect.poll(() => isRunning(victim), { ...SLOW_MACHINE, interval: 1 }).toBe(false);
    const goneAtMs = Date.now();
    const countAtDeath = load.outcomes.length;
    await expect.poll(areAllReady(server), SLOW_MACHINE).toBe('2 of 2 ready');
    await expect.poll(() => load.outcomes.length, SLOW_MACHINE).toBeGreaterThan(countAtDeath + 100);
    const outcomes = await load.stop();
    expect(outcomes.filter(({ status, startedAtMs }) => status !== 200 && startedAtMs > goneAtMs)).toEqual([]);
    // Before that, its share of what was under way or waiting to be accepted.
    expect(outcomes.filter(({ status }) => status !== 200).length).toBeLessThanOrEqual(24);
    expect(workerPids(server).get(1)).not.toBe(victim);
    expect(await total()).toBeGreaterThanOrEqual(totalBefore);
    expect(await metric(server.adminUrl, 'vitrine_worker_ends_total{how="died"}')).toBe(1);
  });

  it('again and again is not counted on, and the server is not ready when half of the workers are not', async () => {
    const server = await start();
    const killUntilLooping = async (number: number): Promise<void> => {
      for (let death = 1; death <= 3; death++) {
        const pid = workerPids(server).get(number)!;
        process.kill(pid, 'SIGKILL');
        await expect.poll(() => workerPids(server).get(number), SLOW_MACHINE).not.toBe(pid);
      }
    };
    await killUntilLooping(1);
    const one = await readiness(server);
    expect([one.status, one.state, one.check('all_workers')?.detail]).toEqual([
      ...[200, 'degraded', '1 of 2 ready, 1 in a crash loop'],
    ]);
    await killUntilLooping(2);
    const both = await readiness(server);
    expect([both.status, both.state]).toEqual([503, 'unavailable']);
    const ends = server.logLines().filter(({ msg }) => msg === 'worker ended, another is started');
    expect(ends.map(({ worker, level, waitMs }) => [worker, level, waitMs])).toEqual(
      [1, 2].flatMap((worker) => [
        [worker, 'warn', 0],
        [worker, 'warn', 250],
        [worker, 'error', 500],
      ]),
    );
  });

  it('is tried again until it can start', async () => {
    const server = await start();
    await rename(join(folder, 'artifacts', 'v1'), join(folder, 'artifacts', 'elsewhere'));
    const victim = workerPids(server).get(2)!;
    process.kill(victim, 'SIGKILL');
    const refusals = () =>
      server.logLines().filter(({ reason }) => reason === 'could not start') as { error: { code: string } }[];
    await expect.poll(() => refusals().length, SLOW_MACHINE).toBeGreaterThanOrEqual(2);
    expect(refusals()[0]!.error.code).toBe('REC_BUNDLE_INVALID');
    expect((await readiness(server)).state).toBe('degraded');
    expect(countOf(await freshAnswers(server, 20))).toEqual({ 200: expect.any(Number) });
    await rename(join(folder, 'artifacts', 'elsewhere'), join(folder, 'artifacts', 'v1'));
    await expect.poll(() => workerPids(server).get(2), SLOW_MACHINE).not.toBe(victim);
  });

  it('of its own accord, told by a signal, finishes what it has in work first', async () => {
    const server = await start();
    const pid = workerPids(server).get(1)!;
    const begun = await beginRequests(server, 10);
    process.kill(pid, 'SIGTERM');
    for (const request of begun) expect(await request.finish()).toMatch(/^HTTP\/1.1 200 /);
    await expect.poll(() => workerPids(server).get(1), SLOW_MACHINE).not.toBe(pid);
    await expect.poll(areAllReady(server), SLOW_MACHINE).toBe('2 of 2 ready');
  });
});

describe('a change of the model', () => {
  it('reaches every worker without a failed request, back and forth', async () => {
    const server = await start();
    const load = startLoad({ url: `${server.url}/v1/recommend/home?count=3`, width: 8 });
    await expect.poll(() => load.outcomes.length, SLOW_MACHINE).toBeGreaterThan(100);
    for (const [path, now, before] of [
      ['/v1/models/v2:activate', 'v2', 'v1'],
      ['/v1/models:rollback', 'v1', 'v2'],
      ['/v1/models/v2:activate', 'v2', 'v1'],
    ] as const) {
      expect(await admin(server, path, 'POST')).toEqual({ status: 200, json: { serving: now, previous: before } });
      expect(versionsIn(await freshAnswers(server, 60))).toEqual(new Set([now]));
    }
    const outcomes = await load.stop();
    expect(countOf(outcomes)).toEqual({ 200: outcomes.length });
    expect(outcomes.filter(({ text }) => !text.includes('"degraded":null'))).toEqual([]);
    expect(versionsIn(outcomes)).toEqual(new Set(['v1', 'v2']));
  });

  it('by a reload signal reaches every worker too', async () => {
    const server = await start({ VITRINE_MODELS_VERSION: '' });
    expect((await admin(server, '/v1/models')).json.serving).toBe('v2');
    await writeTestBundle(join(folder, 'artifacts'), 'v3', { items: ITEMS });
    server.signal('SIGHUP');
    await expect.poll(async () => (await admin(server, '/v1/models')).json.serving, SLOW_MACHINE).toBe('v3');
    expect(versionsIn(await freshAnswers(server, 60))).toEqual(new Set(['v3']));
  });

  it('that a worker refuses leaves all at the version before', async () => {
    const server = await start();
    const file = join(folder, 'artifacts', 'v2', 'ranker.onnx');
    const bytes = await readFile(file);
    bytes[bytes.length >> 1]! ^= 1;
    await writeFile(file, bytes);
    const { status, json } = await admin(server, '/v1/models/v2:activate', 'POST');
    expect([status, json.code]).toEqual([409, 'REC_MODEL_NOT_ACTIVATED']);
    expect(json.detail).toContain('ranker.onnx of bundle v2');
    expect((await admin(server, '/v1/models')).json).toMatchObject({ serving: 'v1', previous: null });
    expect(versionsIn(await freshAnswers(server, 60))).toEqual(new Set(['v1']));
  });

  it('stays with a worker that is replaced later', async () => {
    const server = await start();
    await admin(server, '/v1/models/v2:activate', 'POST');
    const pid = workerPids(server).get(1)!;
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => workerPids(server).get(1), SLOW_MACHINE).not.toBe(pid);
    await expect.poll(areAllReady(server), SLOW_MACHINE).toBe('2 of 2 ready');
    expect(versionsIn(await freshAnswers(server, 60))).toEqual(new Set(['v2']));
  });
});

describe('a stop under load', () => {
  it('answers what is in work, loses no acknowledged event, ends every process with 0', async () => {
    const path = join(folder, `store-${randomUUID()}`);
    const server = await start({ VITRINE_STORE_PATH: path });
    const pids = [...workerPids(server).values()];
    let sentCount = 0;
    const body = () => {
      const id = sentCount++;
      return JSON.stringify({ events: [view(`e-${id}`, `user-${id}`)] });
    };
    const events = startLoad({ url: `${server.url}/v1/events`, width: 6, body });
    const slates = startLoad({ url: `${server.url}/v1/recommend/home?count=3`, width: 6 });
    const begun = await beginRequests(server, 10);
    await expect.poll(() => events.outcomes.length, SLOW_MACHINE).toBeGreaterThan(200);
    server.signal('SIGTERM');
    await expect.poll(() => server.logLines().some(({ signal }) => signal === 'SIGTERM'), SLOW_MACHINE).toBe(true);
    for (const connection of begun) expect(await connection.finish()).toMatch(/^HTTP\/1.1 200 /);
    expect(await server.ended).toBe(0);
    const outcomes = [...(await events.stop()), ...(await slates.stop())];
    // Connections that come too late are refused or closed; no request that was read gets less than its answer.
    expect(Object.keys(countOf(outcomes)).sort()).toEqual(['0', '200', '202']);
    for (const pid of pids) expect(isRunning(pid)).toBe(false);

    const acknowledged = events.outcomes.filter(({ status }) => status === 202).length;
    const again = await start({ VITRINE_STORE_PATH: path });
    const ids = Array.from({ length: sentCount }, (_, id) => id);
    let knownCount = 0;
    for (let first = 0; first < sentCount; first += 400) {
      const batch = { events: ids.slice(first, first + 400).map((id) => view(`e-${id}`, `user-${id}`)) };
      const headers = { 'content-type': 'application/json' };
      const response = await fetch(`${again.url}/v1/events`, { method: 'POST', headers, body: JSON.stringify(batch) });
      knownCount += ((await response.json()) as { duplicates: number }).duplicates;
    }
    expect(acknowledged).toBeGreaterThan(200);
    expect(knownCount).toBeGreaterThanOrEqual(acknowledged);
    // At most those whose answer the closing connection swallowed.
    expect(knownCount - acknowledged).toBeLessThanOrEqual(6);
  });

  it('says so on the admin listener until the last worker is gone', async () => {
    const server = await start();
    const [connection] = await beginRequests(server, 1);
    server.signal('SIGTERM');
    await expect
      .poll(async () => (await readiness(server)).check('stopping')?.detail, SLOW_MACHINE)
      .toBe('told to stop');
    expect((await readiness(server)).status).toBe(503);
    expect(await connection!.finish()).toMatch(/^HTTP\/1.1 200 /);
    expect(await server.ended).toBe(0);
  });

  it('ends the workers by themselves when the supervisor is killed', async () => {
    const server = await start();
    const pids = [...workerPids(server).values()];
    const [connection] = await beginRequests(server, 1);
    server.signal('SIGKILL');
    await expect.poll(() => isRunning(server.pid), SLOW_MACHINE).toBe(false);
    expect(await connection!.finish()).toMatch(/^HTTP\/1.1 200 /);
    await expect.poll(() => pids.some(isRunning), SLOW_MACHINE).toBe(false);
  });
});

describe('a start on a port that is taken', () => {
  const failToStart = async (port: string, workers: string): Promise<FailedStart> => {
    const environment = { VITRINE_SERVER_PORT: port, VITRINE_SERVER_WORKERS: workers };
    const outcome = await startServerProcess(folder, {
      VITRINE_STORE_PATH: join(folder, 'store-port'),
      ...environment,
    });
    if (!('url' in outcome)) return outcome;
    running.push(outcome);
    throw new Error('the server started');
  };

  it('fails, whether one or several workers share it already or are to share it', async () => {
    for (const [held, wanted] of [
      ['2', '2'],
      ['2', '1'],
      ['1', '2'],
    ] as const) {
      const server = await start({ VITRINE_SERVER_WORKERS: held });
      const { port } = new URL(server.url);
      const { exitCode, message } = await failToStart(port, wanted);
      expect([exitCode, message]).toEqual([
        1,
        expect.stringContaining(`REC_PORT_IN_USE: server.port: 127.0.0.1:${port}`),
      ]);
    }
  });

  it('fails for one of two that start at the same time', async () => {
    const port = await freePort();
    const begin = () =>
      startServerProcess(folder, {
        ...WORKERS,
        VITRINE_SERVER_PORT: String(port),
        VITRINE_STORE_PATH: join(folder, `store-${randomUUID()}`),
      });
    const outcomes = await Promise.all([begin(), begin()]);
    const started = outcomes.filter((outcome) => 'url' in outcome) as ServerProcess[];
    running.push(...started);
    expect(started).toHaveLength(1);
    expect(outcomes.find((outcome) => 'message' in outcome)).toMatchObject({
      ...{ exitCode: 1, message: expect.stringContaining('REC_PORT_IN_USE') },
    });
  });

  it('fails for the admin listener too, naming its key', async () => {
    const server = await start();
    const { port } = new URL(server.adminUrl);
    const outcome = await startServerProcess(folder, { ...WORKERS, VITRINE_ADMIN_PORT: port });
    expect(outcome).toMatchObject({
      exitCode: 1,
      message: expect.stringContaining(`REC_PORT_IN_USE: admin.port: 127.0.0.1:${port}`),
    });
  });
});

describe('a start with several workers that cannot succeed', () => {
  it('prints what one worker would, once, and leaves nothing running', async () => {
    const file = join(folder, 'artifacts', 'v1', 'ranker.onnx');
    const bytes = await readFile(file);
    bytes[bytes.length >> 1]! ^= 1;
    await writeFile(file, bytes);
    const outcome = await startServerProcess(folder, { ...WORKERS, VITRINE_STORE_PATH: join(folder, 'store-broken') });
    // `ended` waits for every process that holds the output open.
    expect(outcome).toMatchObject({ exitCode: 1 });
    expect((outcome as FailedStart).message).toMatch(
      /^Vitrine cannot start.\nREC_BUNDLE_INVALID: ranker.onnx of bundle v1 .*\n$/,
    );
  });
});

interface BegunRequest {
  /** Sends the rest; resolves with the reply. */
  finish(): Promise<string>;
}

/** Requests whose body is still on its way, each on a connection of its own; workers have begun to read them. */
async function beginRequests(server: ServerProcess, count: number): Promise<BegunRequest[]> {
  const { hostname, port } = new URL(server.url);
  const body = '{"scene": "home", "count": 3}';
  const head = headText('POST /v1/recommend', 'content-type: application/json', `content-length: ${body.length}`);
  const connections = Array.from({ length: count }, () => new RawConnection(hostname, Number(port)));
  for (const connection of connections) connection.send(head, body.slice(0, 5));
  // Each worker has read what came before a request that it answers: fresh connections reach both.
  await freshAnswers(server, 60);
  return connections.map((connection) => ({
    finish: () => {
      connection.send(body.slice(5));
      return connection.until(/"attribution_token"/);
    },
  }));
}

/** A GET on a connection that stays open. */
function kept(url: string, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    request(url, { agent }, (response) => response.resume().on('end', () => resolve()))
      .on('error', reject)
      .end();
  });
}
