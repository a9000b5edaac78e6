import { messageOf, VitrineError } from '../../features/core/errors.ts';
import type { ListenAddress } from './http-server.ts';

/**
 * Says why an address cannot be listened on, from the operating system's error.
 *
 * @param section of the configuration that the address is from
 */
export function listenError(section: string, address: ListenAddress, cause: unknown): VitrineError {
  const place = `${address.host}:${address.port}`;
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  if (code === 'EADDRINUSE') {
    const message = `${section}.port: ${place} is in use by another process; stop it or choose another port (VITRINE_${section.toUpperCase()}_PORT)`;
    return new VitrineError('REC_PORT_IN_USE', message, { cause });
  }
  const reason = code ?? messageOf(cause);
  const message = `${section}.host: cannot listen on ${place} (${reason}), expected an address of this machine and a permitted port`;
  return new VitrineError('REC_INVALID_CONFIG', message, { cause });
}
