/** The known name a mistyped one most likely meant; undefined when none is near (more than two letters and a third of them differ). */
export function didYouMean(given: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  const folded = given.toLowerCase();
  for (const name of known) {
    const distance = editDistance(folded, name.toLowerCase());
    if (distance < bestDistance) {
      best = name;
      bestDistance = distance;
    }
  }
  const tolerated = given.length < 4 ? 1 : Math.max(2, Math.floor(given.length / 3));
  return bestDistance <= tolerated ? best : undefined;
}

/** Insertions, deletions and replacements that turn one text into the other. Source: Levenshtein 1966, in two rows. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(replace, previous[j]! + 1, current[j - 1]! + 1));
    }
    previous = current;
  }
  return previous[b.length]!;
}
