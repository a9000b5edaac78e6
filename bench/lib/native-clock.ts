import { createRequire } from 'node:module';
import hnswlib from 'hnswlib-node';
import { Redis } from 'ioredis';
import { addonFile } from '../../models/native/addon-file.ts';
import { hnswLibrary } from '../../models/retrieval/hnsw-library.ts';

/** Calls a recommendation cannot do without: computed outside JavaScript, or waited for. */
export const NATIVE_CALLS = ['store', 'models', 'search'] as const;
export type NativeCall = (typeof NATIVE_CALLS)[number];

/** How long native calls took in this process, milliseconds since {@link NativeClock.reset}, and how many there were. */
export class NativeClock {
  readonly spentMs: Record<NativeCall, number> = { store: 0, models: 0, search: 0 };
  readonly callCount: Record<NativeCall, number> = { store: 0, models: 0, search: 0 };

  reset(): void {
    for (const call of NATIVE_CALLS) {
      this.spentMs[call] = 0;
      this.callCount[call] = 0;
    }
  }

  get totalMs(): number {
    return this.spentMs.store + this.spentMs.models + this.spentMs.search;
  }

  add(call: NativeCall, startMs: number): void {
    this.spentMs[call] += performance.now() - startMs;
    this.callCount[call] += 1;
  }
}

interface NativeSession {
  run(...args: unknown[]): unknown;
}
interface OnnxBinding {
  InferenceSession: new () => NativeSession;
}

/** Classes of the index library's builds whose methods compute for a request; what one build has not is left out. */
const TIMED_CLASSES = [
  { name: 'HierarchicalNSW', methods: ['searchKnn', 'searchInto', 'scanInto'], call: 'search' },
  { name: 'RankerKernel', methods: ['rank'], call: 'models' },
  { name: 'TowerKernel', methods: ['embed'], call: 'models' },
] as const;
type TimedObject = Partial<Record<string, (...args: unknown[]) => unknown>>;
type Addon = Partial<Record<(typeof TIMED_CLASSES)[number]['name'], new (...args: unknown[]) => TimedObject>>;

let installed: NativeClock | undefined;

/**
 * Times native calls of this process from now on: runs of models, in the ONNX runtime or in native code of ours, and index searches from entering native code to leaving it,
 * Redis commands from being sent to being answered. What is opened before is not timed.
 *
 * The packages' own classes are put under a subclass: whatever the code between does, a call that is not made by way of them shows as a
 * count of none.
 */
export function installNativeClock(): NativeClock {
  if (installed !== undefined) return installed;
  const clock = new NativeClock();
  installed = clock;
  // The class inside the package: the public one adds JavaScript of its own and a turn of the event loop.
  const { binding } = createRequire(import.meta.url)('onnxruntime-node/dist/binding.js') as { binding: OnnxBinding };
  const Session = binding.InferenceSession;
  binding.InferenceSession = class extends Session {
    override run(...args: unknown[]): unknown {
      const startMs = performance.now();
      try {
        return super.run(...args);
      } finally {
        clock.add('models', startMs);
      }
    }
  };
  for (const addon of addons()) for (const timed of TIMED_CLASSES) timeClass(addon, timed, clock);
  const { sendCommand } = Redis.prototype;
  Redis.prototype.sendCommand = function timed(this: Redis, ...args: Parameters<typeof sendCommand>) {
    const startMs = performance.now();
    const answer = sendCommand.apply(this, args);
    const answered = (): void => clock.add('store', startMs);
    Promise.resolve(answer).then(answered, answered);
    return answer;
  };
  return clock;
}

/** The builds of the index library that this process may use. */
function addons(): Addon[] {
  const installed = hnswlib as unknown as Addon;
  if (hnswLibrary().build === 'default') return [installed];
  return [installed, createRequire(import.meta.url)(addonFile()) as Addon];
}

function timeClass(addon: Addon, { name, methods, call }: (typeof TIMED_CLASSES)[number], clock: NativeClock): void {
  const Class = addon[name];
  if (Class === undefined) return;
  addon[name] = class extends Class {
    constructor(...args: unknown[]) {
      super(...args);
      for (const name of methods) {
        const method = this[name];
        if (method === undefined) continue;
        const timed = (...given: unknown[]): unknown => {
          const startMs = performance.now();
          try {
            return method.apply(this, given);
          } finally {
            clock.add(call, startMs);
          }
        };
        // Native methods are read-only, and shadowed all the same.
        Object.defineProperty(this, name, { value: timed });
      }
    }
  };
}
