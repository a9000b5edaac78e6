/**
 * How much a shopper cares for each of a few names: the categories, brands or price bands of a profile, in the order they came in.
 *
 * Two lists instead of a `Map`: a profile keeps a few dozen names at most, read whole by every request, and a `Map` hashes each of them and
 * grows four times on the way (bench: `--micro profile-codec`).
 */
export interface InterestSums {
  /** Each name once. */
  names: string[];
  /** Same length as `names`. */
  sums: number[];
}

/** Makes sums of entries; of equal names the last counts, at the place of the first. */
export function interestSumsOf(entries: Iterable<readonly [string, number]>): InterestSums {
  const interests: InterestSums = { names: [], sums: [] };
  for (const [name, sum] of entries) setInterest(interests, name, sum);
  return interests;
}

/** Sum of a name. Missing: undefined. */
export function interestOf({ names, sums }: InterestSums, name: string): number | undefined {
  const place = names.indexOf(name);
  return place < 0 ? undefined : sums[place];
}

/** Sets the sum of a name; a new one goes last. */
export function setInterest({ names, sums }: InterestSums, name: string, sum: number): void {
  const place = names.indexOf(name);
  if (place < 0) {
    names.push(name);
    sums.push(sum);
  } else sums[place] = sum;
}

/** Takes the name at a place out. */
export function deleteInterestAt({ names, sums }: InterestSums, place: number): void {
  names.splice(place, 1);
  sums.splice(place, 1);
}

/** Shares of all interest of one kind, in the order of the names: stored sums share one landmark, so they need no decay. */
export function interestShares({ names, sums }: InterestSums): [name: string, share: number][] {
  let total = 0;
  for (const sum of sums) total += sum;
  return names.map((name, place) => [name, sums[place]! / total]);
}

/**
 * The strongest names first, ties by name; stored sums share one landmark, so their order needs no decay.
 *
 * @param most names wanted at most, from 1 up
 */
export function strongestInterests({ names, sums }: InterestSums, most: number = names.length): string[] {
  const strongest: string[] = [];
  const strengths: number[] = [];
  // Insertion: a profile keeps a few dozen at most, and there is nothing to allocate per entry.
  for (let i = 0; i < names.length; i++) {
    const name = names[i]!;
    const sum = sums[i]!;
    const isFull = strongest.length === most;
    if (isFull && !isStronger(sum, name, strengths[most - 1]!, strongest[most - 1]!)) continue;
    let place = isFull ? most - 1 : strongest.length;
    for (; place > 0 && isStronger(sum, name, strengths[place - 1]!, strongest[place - 1]!); place--) {
      strongest[place] = strongest[place - 1]!;
      strengths[place] = strengths[place - 1]!;
    }
    strongest[place] = name;
    strengths[place] = sum;
  }
  return strongest;
}

function isStronger(sum: number, name: string, other: number, otherName: string): boolean {
  return sum > other || (sum === other && name < otherName);
}
