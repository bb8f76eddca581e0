// Steps of several series: all that any has, and which one is chosen.

/** The steps that any series has, growing. */
export function all_steps(
  series: readonly { readonly steps: readonly number[] }[],
): readonly number[] {
  const all = new Set<number>();
  for (const one of series) for (const step of one.steps) all.add(step);
  return [...all].sort((a, b) => a - b);
}

/** The place of the last step up to the chosen one; the last of all where none is chosen. */
export function place_of_step(
  steps: readonly number[],
  chosen: number | undefined,
): number {
  if (chosen === undefined) return steps.length - 1;
  let [low, high] = [0, steps.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((steps[middle] ?? Infinity) <= chosen) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - 1);
}
