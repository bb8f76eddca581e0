// A small chart of one series of the selected runs.

import type { JSX } from "preact";
import type { SeriesName } from "../math/series_name.ts";
import { say_series } from "../math/series_name.ts";
import type { Run } from "../shapes.ts";

/** One series of some runs, by epoch. */
export function EpochChart(props: {
  series: SeriesName;
  runs: readonly Run[];
  colours: ReadonlyMap<string, string>;
}): JSX.Element {
  return <div>{say_series(props.series)}</div>;
}
