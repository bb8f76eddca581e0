// Where a run stands among its siblings in one metric.

import type { SeriesName, Summary } from "./series_name.ts";
import { end_of, find_summary, value_of } from "./series_name.ts";

export interface RankedRun {
  readonly id: string;
  readonly status: string;
  readonly metrics: readonly Summary[];
}

export interface Rank {
  /** From 1. */
  readonly place: number;
  readonly of: number;
  /** Against the second for the first, against the first for the others: signed as the values are. */
  readonly margin: number | undefined;
}

/** Runs that have a finite value, best first; ties keep their order. */
export function ranking<R extends RankedRun>(
  runs: readonly R[],
  series: SeriesName,
): readonly R[] {
  const less = end_of(series.name, "best") === "min";
  const valued = runs.flatMap((run) => {
    const value = best_of(run, series);
    return value === undefined ? [] : [{ run, value }];
  });
  return valued
    .sort((a, b) => (less ? a.value - b.value : b.value - a.value))
    .map((one) => one.run);
}

/** The best value of a run, where it has a finite one. */
export function best_of(
  run: RankedRun,
  series: SeriesName,
): number | undefined {
  const summary = find_summary(run.metrics, series);
  const value =
    summary === undefined ? undefined : value_of(summary, "best").value;
  return value !== undefined && Number.isFinite(value) ? value : undefined;
}

/** The place of a run. */
export function rank_of(
  id: string,
  runs: readonly RankedRun[],
  series: SeriesName,
): Rank | undefined {
  const ranked = ranking(runs, series);
  const index = ranked.findIndex((run) => run.id === id);
  const own = ranked[index];
  if (own === undefined) return undefined;
  const other = ranked[index === 0 ? 1 : 0];
  const [mine, theirs] = [
    best_of(own, series),
    other === undefined ? undefined : best_of(other, series),
  ];
  return {
    place: index + 1,
    of: ranked.length,
    margin:
      mine === undefined || theirs === undefined ? undefined : mine - theirs,
  };
}

/** 1st, 2nd, 3rd, 4th. */
export function ordinal(n: number): string {
  const tens = n % 100;
  if (tens >= 11 && tens <= 13) return `${n}th`;
  return `${n}${["th", "st", "nd", "rd"][n % 10] ?? "th"}`;
}
