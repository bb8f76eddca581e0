// How well a name fits what a person typed, and where.

export interface Match {
  /** Larger is better; 0 does not fit. */
  readonly score: number;
  /** The parts of the name that fit: first and one past the last place. */
  readonly places: readonly (readonly [number, number])[];
}

const nothing: Match = { score: 0, places: [] };

/** Every word typed must stand in the name; at its beginning is best, then at the beginning of a word, then inside. */
export function match(typed: string, name: string): Match {
  const words = typed.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const low = name.toLowerCase();
  let score = 1;
  const places: (readonly [number, number])[] = [];
  for (const word of words) {
    const starts = word_starts(low).find((at) => low.startsWith(word, at));
    const at = starts ?? low.indexOf(word);
    if (at < 0) return nothing;
    score += at === 0 ? 4 : starts === undefined ? 1 : 2;
    if (word.length === low.length) score += 4;
    places.push([at, at + word.length]);
  }
  return { score, places: places.sort((a, b) => a[0] - b[0]) };
}

function word_starts(name: string): number[] {
  return [...name.matchAll(/(?<![\p{L}\p{N}])[\p{L}\p{N}]/gu)].map(
    (found) => found.index,
  );
}
