import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What the compiler is told beside files and folders. FMA comes with every CPU that has AVX2; AVX-512 gained nothing, see models/README.md. */
export const COMPILER_FLAGS: readonly string[] = [
  '-std=gnu++17',
  '-O3',
  '-mavx2',
  '-mfma',
  '-fPIC',
  '-shared',
  '-pthread',
  '-fvisibility=hidden',
  '-s',
  '-DNAPI_DISABLE_CPP_EXCEPTIONS',
  '-DNODE_GYP_MODULE_NAME=addon',
  '-DBUILDING_NODE_EXTENSION',
];

/** The C++ file beside this one; what it includes lies beside it, too, and is copied along when the tree is compiled. */
export const ADDON_SOURCE = fileURLToPath(new URL('./serving-addon.cc', import.meta.url));

/** What decides whether a machine can run the AVX2 build. */
export interface Machine {
  readonly platform: string;
  readonly arch: string;
  /** Text of `/proc/cpuinfo`, '' where there is none; Node itself does not tell what a CPU can do. */
  readonly cpuInfo: string;
}

export function thisMachine(): Machine {
  const { platform, arch } = process;
  return { platform, arch, cpuInfo: existsSync('/proc/cpuinfo') ? readFileSync('/proc/cpuinfo', 'utf8') : '' };
}

/** Whether a machine can run the AVX2 build: Linux on x64 with AVX2 and FMA. */
export function hasAvx2({ platform, arch, cpuInfo }: Machine): boolean {
  if (platform !== 'linux' || arch !== 'x64') return false;
  const flags = /^flags\s*:(.*)$/m.exec(cpuInfo)?.[1]?.split(' ') ?? [];
  return flags.includes('avx2') && flags.includes('fma');
}

/**
 * Where the AVX2 build lies when it was made: beside the installed packages, under a name that changes with everything it is made from, so
 * that one made from something else is never loaded.
 */
export function addonFile(): string {
  const { folder, version } = hnswlibPackage();
  const inputs = createHash('sha256');
  for (const part of [...sources(), version, ...COMPILER_FLAGS]) inputs.update(part).update('\0');
  const name = `serving-avx2-${inputs.digest('hex').slice(0, 16)}.node`;
  return join(dirname(folder), '.cache', 'vitrine', name);
}

function sources(): Buffer[] {
  const folder = dirname(ADDON_SOURCE);
  const names = readdirSync(folder).filter((name) => /\.(cc|h)$/.test(name));
  return names.sort().map((name) => readFileSync(join(folder, name)));
}

/** The installed package that the build is made from. */
export function hnswlibPackage(): { readonly folder: string; readonly version: string } {
  const file = createRequire(import.meta.url).resolve('hnswlib-node/package.json');
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
  return { folder: dirname(file), version };
}
