// The severities of log records, as Python's `logging` has them.

export const severities = [
  { level: 10, word: "debug" },
  { level: 20, word: "info" },
  { level: 30, word: "warning" },
  { level: 40, word: "error" },
  { level: 50, word: "critical" },
] as const;

export type Severity = (typeof severities)[number]["word"];

/** The word of a level: that of the highest severity up to it; what is below all is debug. */
export function severity_of(level: number): Severity {
  const below = severities.filter((one) => one.level <= level);
  return below[below.length - 1]?.word ?? "debug";
}

/** How many records have a level of this severity or above. */
export function count_from(
  levels: readonly { readonly level: number; readonly count: number }[],
  least: number,
): number {
  return levels
    .filter((one) => one.level >= least)
    .reduce((sum, one) => sum + one.count, 0);
}
