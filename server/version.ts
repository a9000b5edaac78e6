import { existsSync, readFileSync } from 'node:fs';

/** Version of this program, from its package.json: one folder up in the sources, two in the build. */
export function programVersion(): string {
  for (const place of ['../package.json', '../../package.json']) {
    const url = new URL(place, import.meta.url);
    if (existsSync(url)) return (JSON.parse(readFileSync(url, 'utf8')) as { version: string }).version;
  }
  return '0.0.0';
}
