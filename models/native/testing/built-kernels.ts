import { hnswLibrary } from '../../retrieval/hnsw-library.ts';
import { hasAvx2, thisMachine } from '../addon-file.ts';
import { buildAddon } from '../build-addon.ts';
import type { Kernels } from '../kernels.ts';

/** Whether native code can be tested on this machine. */
export const areKernelsForThisMachine = hasAvx2(thisMachine());

/** Native code, built first if it is not there. Errors: Error saying why it cannot be had. */
export function builtKernels(): Kernels {
  const { text } = buildAddon({ isRetry: true });
  const { kernels, reason } = hnswLibrary();
  if (kernels === undefined) throw new Error(`${text}; ${reason}`);
  return kernels;
}
