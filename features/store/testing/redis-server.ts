import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A redis-server of the test's own, on 127.0.0.1. */
export interface TestRedisServer {
  readonly port: number;
  /** `redis://127.0.0.1:<port>` */
  readonly url: string;
  /** Ends the process and removes its folder; safe to call twice. */
  stop(): Promise<void>;
  /** Ends the process as a crash would (SIGKILL), keeping port and folder for {@link TestRedisServer.start}. */
  kill(): Promise<void>;
  /** Starts it again on the same port after {@link TestRedisServer.kill}; nothing is kept of what was stored. */
  start(): Promise<void>;
  /** Sends one command (inline protocol, words without blanks) and answers with its raw reply. */
  command(...words: string[]): Promise<string>;
}

export interface TestRedisOptions {
  /** @defaultValue a free port */
  readonly port?: number;
  /** Further words of the redis-server command line, e.g. `--cluster-enabled yes`. */
  readonly extraArguments?: readonly string[];
  /** Runs as a Sentinel on this file, which it rewrites; it says which masters to watch. */
  readonly sentinelConfigFile?: string;
}

const INSTALL_HINT =
  'redis-server was not found: install it (Debian, Ubuntu: "apt-get install redis-server"; macOS: "brew install redis")';
const START_TIMEOUT_MS = 10_000;
const PORT_ATTEMPTS = 5;
const FIRST_PORT = 10_000;
const FIRST_OUTGOING_PORT = 32_768;
const FREE_PORT_ATTEMPTS = 100;

/**
 * Starts a redis-server that keeps nothing on disk, on a free port, for one test file.
 *
 * Errors: one line that says how to install redis-server when the binary is missing.
 */
export async function startRedisServer(options: TestRedisOptions = {}): Promise<TestRedisServer> {
  for (let attempt = 1; ; attempt++) {
    const port = options.port ?? (await freePort());
    const server = new RunningRedis(port, options);
    try {
      await server.start();
      return server;
    } catch (error) {
      await server.stop();
      // Another process may take the port between asking for a free one and using it.
      const isPortTaken = error instanceof EndedEarlyError && options.port === undefined;
      if (!isPortTaken || attempt === PORT_ATTEMPTS) throw error;
    }
  }
}

/**
 * A port of 127.0.0.1 nobody listens on at this moment.
 *
 * One the system would choose is also one it gives to outgoing connections, and so may be gone before a server that starts, or starts
 * again, listens on it. These lie below (Linux gives 32768 and above).
 */
export async function freePort(): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    const port = randomInt(FIRST_PORT, FIRST_OUTGOING_PORT);
    const probe = createServer();
    try {
      probe.listen(port, '127.0.0.1');
      await once(probe, 'listening');
      probe.close();
      await once(probe, 'close');
      return port;
    } catch (error) {
      if (attempt === FREE_PORT_ATTEMPTS) throw error;
    }
  }
}

class EndedEarlyError extends Error {}

class RunningRedis implements TestRedisServer {
  readonly port: number;
  private readonly options: TestRedisOptions;
  private readonly folder: string;
  private child: ChildProcess | undefined;
  private readonly endWithParent = (): void => {
    this.child?.kill('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  };

  constructor(port: number, options: TestRedisOptions) {
    this.port = port;
    this.options = options;
    this.folder = mkdtempSync(join(tmpdir(), 'vitrine-redis-'));
    process.once('exit', this.endWithParent);
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    const child = spawn('redis-server', this.commandLine(), { stdio: ['ignore', 'pipe', 'pipe'] });
    this.child = child;
    let output = '';
    const keep = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-2_000);
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    const ended = new Promise<never>((_, reject) => {
      child.once('error', (error: NodeJS.ErrnoException) => {
        reject(error.code === 'ENOENT' ? new Error(INSTALL_HINT) : error);
      });
      child.once('exit', (code) => reject(new EndedEarlyError(`redis-server ended with code ${code}: ${output}`)));
    });
    ended.catch(() => {});
    await Promise.race([ended, this.waitUntilItAnswers()]);
  }

  async kill(): Promise<void> {
    const child = this.child;
    this.child = undefined;
    if (child === undefined || child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await exited;
  }

  async stop(): Promise<void> {
    await this.kill();
    process.removeListener('exit', this.endWithParent);
    rmSync(this.folder, { recursive: true, force: true });
  }

  command(...words: string[]): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connect(this.port, '127.0.0.1');
      socket.setTimeout(2_000, () => socket.destroy(new Error(`redis-server did not answer ${words[0]}`)));
      let reply = '';
      socket.on('data', (chunk: Buffer) => {
        reply += chunk.toString();
        if (isWholeReply(reply)) {
          socket.end();
          resolve(reply.trimEnd());
        }
      });
      socket.on('error', reject);
      socket.on('close', () => reject(new Error('redis-server closed the connection')));
      socket.write(`${words.join(' ')}\r\n`);
    });
  }

  private commandLine(): string[] {
    const { sentinelConfigFile, extraArguments = [] } = this.options;
    const common = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.folder, '--loglevel', 'warning'];
    if (sentinelConfigFile !== undefined) return [sentinelConfigFile, '--sentinel', ...common, ...extraArguments];
    return [...common, '--save', '', '--appendonly', 'no', ...extraArguments];
  }

  private async waitUntilItAnswers(): Promise<void> {
    const giveUpAt = performance.now() + START_TIMEOUT_MS;
    for (;;) {
      const reply = await this.command('PING').catch((error: Error) => error.message);
      // A server that wants a password first is up, too.
      if (reply === '+PONG' || reply.startsWith('-NOAUTH')) return;
      if (performance.now() > giveUpAt)
        throw new Error(`redis-server did not get ready on port ${this.port}: ${reply}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

/** Simple, error and integer replies are one line; a bulk reply states its length; arrays are not asked for here. */
function isWholeReply(reply: string): boolean {
  const lineEnd = reply.indexOf('\r\n');
  if (lineEnd < 0) return false;
  if (!reply.startsWith('$')) return true;
  const length = Number(reply.slice(1, lineEnd));
  return length < 0 || Buffer.byteLength(reply) >= lineEnd + 2 + length + 2;
}
