import { describe, expect, it } from 'vitest';
import { addonFile, hasAvx2 } from './addon-file.ts';

function cpuInfo(flags: string): string {
  return `processor\t: 0\nmodel name\t: some CPU\nflags\t\t: fpu sse2 ${flags} lm\nbogomips\t: 1\n`;
}

describe('hasAvx2', () => {
  const machine = { platform: 'linux', arch: 'x64' };

  it('asks for AVX2 and FMA', () => {
    expect(hasAvx2({ ...machine, cpuInfo: cpuInfo('fma avx avx2') })).toBe(true);
    expect(hasAvx2({ ...machine, cpuInfo: cpuInfo('fma avx') })).toBe(false);
    expect(hasAvx2({ ...machine, cpuInfo: cpuInfo('avx avx2') })).toBe(false);
    expect(hasAvx2({ ...machine, cpuInfo: cpuInfo('fma4 avx2_x') })).toBe(false);
  });

  it('says no where the CPU cannot be asked or the build would not run', () => {
    expect(hasAvx2({ ...machine, cpuInfo: '' })).toBe(false);
    expect(hasAvx2({ platform: 'darwin', arch: 'x64', cpuInfo: cpuInfo('fma avx2') })).toBe(false);
    expect(hasAvx2({ platform: 'linux', arch: 'arm64', cpuInfo: cpuInfo('fma avx2') })).toBe(false);
  });
});

describe('addonFile', () => {
  it('lies beside the installed packages', () => {
    expect(addonFile()).toMatch(/node_modules\/\.cache\/vitrine\/serving-avx2-[0-9a-f]{16}\.node$/);
  });
});
