import { Agent, request } from 'node:http';

/** One request of a load and what became of it. */
export interface LoadOutcome {
  readonly startedAtMs: number;
  /** 0 when the connection failed. */
  readonly status: number;
  /** Body, or the code of the connection's failure. */
  readonly text: string;
}

export interface LoadOptions {
  readonly url: string;
  /** Requests under way at a time. */
  readonly width: number;
  /** Body of the next POST; undefined for a GET. */
  readonly body?: () => string;
  /** Whether a connection is used again. @defaultValue true */
  readonly isKeptAlive?: boolean;
}

export interface Load {
  readonly outcomes: readonly LoadOutcome[];
  /** Sends no more, waits for what is under way. */
  stop(): Promise<readonly LoadOutcome[]>;
}

/** Sends requests one after another on `width` lanes until it is stopped; failures do not stop it. */
export function startLoad({ url, width, body, isKeptAlive = true }: LoadOptions): Load {
  const agent = new Agent({ keepAlive: isKeptAlive, maxSockets: width });
  const outcomes: LoadOutcome[] = [];
  let isStopped = false;
  const lane = async (): Promise<void> => {
    while (!isStopped) {
      const outcome = await send(url, body?.(), agent);
      outcomes.push(outcome);
      // A server that refuses connections answers at once: the loop must not eat the machine.
      if (outcome.status === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  const lanes = Array.from({ length: width }, lane);
  return {
    outcomes,
    stop: async () => {
      isStopped = true;
      await Promise.all(lanes);
      agent.destroy();
      return outcomes;
    },
  };
}

function send(url: string, body: string | undefined, agent: Agent): Promise<LoadOutcome> {
  const startedAtMs = Date.now();
  const method = body === undefined ? 'GET' : 'POST';
  return new Promise((resolve) => {
    const fail = (error: NodeJS.ErrnoException): void =>
      resolve({ startedAtMs, status: 0, text: error.code ?? error.message });
    const call = request(url, { method, agent, headers: { 'content-type': 'application/json' } }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('error', fail);
      response.on('end', () => resolve({ startedAtMs, status: response.statusCode!, text }));
    });
    call.on('error', fail);
    call.end(body);
  });
}
