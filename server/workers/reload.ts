import { type LoadedConfig, loadConfig } from '../config/load-config.ts';
import type { Logger } from '../observability/logger.ts';
import type { ModelControl } from '../serving/model-control.ts';

/**
 * What a reload signal asks for: reads the configuration again and lets the version it names serve, the newest when it names none.
 *
 * Never rejects: what fails is logged and leaves everything as it was.
 */
export async function reload(control: ModelControl, started: LoadedConfig, logger: Logger): Promise<void> {
  let next: LoadedConfig;
  try {
    next = loadConfig();
  } catch (error) {
    logger.error('reload: the configuration cannot be used, nothing changed', { error });
    return;
  }
  if (withoutVersion(next) !== withoutVersion(started)) {
    logger.warn('reload: of the configuration only models.version is read anew, other changes wait for the next start');
  }
  const { version } = next.compiled.models;
  logger.info('reload', { asked: version || 'newest' });
  // Logged where it failed, with the reason.
  await control.activate(version).catch(() => {});
}

function withoutVersion({ defaulted }: LoadedConfig): string {
  return JSON.stringify({ ...defaulted, models: { ...defaulted.models, version: '' } });
}
