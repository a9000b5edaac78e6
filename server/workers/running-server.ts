import type { ListenAddress } from '../http/http-server.ts';
import type { ModelControl } from '../serving/model-control.ts';

/** A server that answers, however many processes it consists of. */
export interface RunningServer {
  readonly address: ListenAddress;
  readonly adminAddress: ListenAddress;
  readonly workerCount: number;
  readonly control: ModelControl;
  /** Stops taking connections, lets requests in work finish within `server.shutdownGraceMs`, frees everything. Safe to call twice. */
  close(): Promise<void>;
}
