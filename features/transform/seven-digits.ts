/** Below it the scale would pass 10^22, the largest power of ten a double has exactly. */
const SMALLEST = 1e-15;

/**
 * A number rounded to seven significant digits: what a float32 has. The further ones of its decimal form are noise that costs bytes in every
 * reply and the time to print them.
 *
 * Missing: NaN and infinities stay.
 */
export function sevenDigits(value: number): number {
  const size = Math.abs(value);
  if (!(size >= SMALLEST && size < 1e6)) return value;
  // Powers of ten are exact here, and below 1 the first of seven digits is behind the point.
  let scale = size < 1 ? 1e7 : 1;
  while (size * scale < 1e6) scale *= 10;
  return Math.round(value * scale) / scale;
}
