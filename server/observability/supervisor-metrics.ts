import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { type MetricSnapshot, snapshotOf } from './join-metrics.ts';

/** The numbers of the process that supervises workers. */
export interface SupervisorMetrics {
  setWorkers(configuredCount: number, readyCount: number): void;
  /** @param how `died`: crashed or killed; `refused`: could not be started and said why */
  countWorkerEnd(how: 'died' | 'refused'): void;
  snapshot(): Promise<MetricSnapshot>;
}

export function createSupervisorMetrics(): SupervisorMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const workers = new Gauge({
    name: 'vitrine_workers',
    help: 'Worker processes, by state: how many there should be, how many answer. Unit: processes.',
    labelNames: ['state'],
    registers: [registry],
  });
  const ends = new Counter({
    name: 'vitrine_worker_ends_total',
    help: 'Worker processes that ended without being told to, by how. Unit: processes.',
    labelNames: ['how'],
    registers: [registry],
  });
  for (const how of ['died', 'refused']) ends.inc({ how }, 0);
  return {
    setWorkers(configuredCount, readyCount) {
      workers.set({ state: 'configured' }, configuredCount);
      workers.set({ state: 'ready' }, readyCount);
    },
    countWorkerEnd: (how) => ends.inc({ how }),
    snapshot: () => snapshotOf(registry),
  };
}
