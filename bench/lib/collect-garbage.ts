/** Loaded into a process, it lets it throw away what nobody uses when told by SIGUSR2: for measuring what is really kept. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
process.on('SIGUSR2', () => {
  // Twice: what the first run's finalizers let go of is found by the second.
  collect();
  setImmediate(collect);
});
