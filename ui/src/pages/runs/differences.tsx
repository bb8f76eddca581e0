// What differs between runs, and what they came to, in one small table.

import type { JSX } from "preact";
import * as format from "../../math/format.ts";
import { all_paths, unequal, value_at } from "../../math/params.ts";
import {
  end_of,
  epoch_at,
  find_summary,
  say_series,
  subset_of,
  value_of,
  write_series,
} from "../../math/series_name.ts";
import type { SeriesName } from "../../math/series_name.ts";
import { Swatch } from "../../parts/marks.tsx";
import type { Run } from "../../shapes.ts";
import { duration_of } from "../run_cells.tsx";
import { run_path } from "../../math/run_id.ts";

/** More runs than this make no readable table of differences. */
export const most_compared = 6;

interface Row {
  readonly name: string;
  readonly is_param: boolean;
  readonly values: readonly string[];
  /** Which value is the best one. */
  readonly best: number | undefined;
}

export function Differences(props: {
  runs: readonly Run[];
  colours: ReadonlyMap<string, string>;
  main: SeriesName | undefined;
  n_selected: number;
}): JSX.Element {
  const { runs } = props;
  const trees = runs.map((run) => run.params);
  const { differing, partly } = unequal(trees);
  const rows = [
    ...(runs.length < 2 ? [] : param_rows(runs, differing)),
    ...metric_rows(runs),
    duration_row(runs),
  ];
  const n_equal = all_paths(trees).length - differing.length - partly.length;
  return (
    <div class="differences">
      <table>
        <thead>
          <tr>
            <th>{runs.length === 1 ? "Figures" : "What differs"}</th>
            {runs.map((run) => (
              <th key={run.id} class="number">
                <span class="in-row">
                  <Swatch
                    color={props.colours.get(run.id) ?? "var(--line-2)"}
                  />
                  <a class="clip" href={run_path(run)}>
                    {run.name}
                  </a>
                </span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.name}>
              <td class={row.is_param ? "mono clip" : "clip"} title={row.name}>
                {row.name}
              </td>
              {row.values.map((value, i) => (
                <td
                  key={i}
                  class={row.best === i ? "number b" : "number"}
                  title={value}
                >
                  {format.short_path(value)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      <p class="small-text quiet-text">
        {runs.length > 1 &&
          `${format.plural(n_equal, "param")} of them equal${partly.length > 0 ? `, ${format.count(partly.length)} only in some of them` : ""}. `}
        {props.n_selected > runs.length &&
          `${props.n_selected - runs.length} more selected, not in this table.`}
      </p>
    </div>
  );
}

function param_rows(runs: readonly Run[], paths: readonly string[]): Row[] {
  return paths.map((path) => ({
    name: path.replace(/^hparams\./, ""),
    is_param: true,
    values: runs.map((run) => format.param(value_at(run.params, path))),
    best: undefined,
  }));
}

function metric_rows(runs: readonly Run[]): Row[] {
  const series = new Map(
    runs
      .flatMap((run) => run.metrics)
      .map((metric) => [write_series(metric), metric] as const),
  );
  return [...series.values()]
    .filter(
      (metric) =>
        metric.name !== "epoch" &&
        (subset_of(metric.context) === "eval" || metric.name === "loss"),
    )
    .map((metric): Row => {
      const found = runs.map((run) => find_summary(run.metrics, metric));
      const is_eval = subset_of(metric.context) === "eval";
      const which = is_eval ? "best" : "last";
      const values = found.map((one) =>
        one === undefined ? undefined : value_of(one, which),
      );
      const numbers = values.map((value) => value?.value ?? NaN);
      const less = end_of(metric.name, "best") === "min";
      const finite = numbers.filter(Number.isFinite);
      const best = less ? Math.min(...finite) : Math.max(...finite);
      return {
        name: `${is_eval ? "best " : ""}${say_series(metric)}${is_eval ? " (epoch)" : ", last"}`,
        is_param: false,
        values: values.map((value, i) => {
          const summary = found[i];
          const epoch =
            summary === undefined ? undefined : epoch_at(summary, value?.step);
          const words = format.metric_named(metric.name, value?.value);
          return is_eval && epoch !== undefined ? `${words} (${epoch})` : words;
        }),
        best: is_eval && finite.length > 1 ? numbers.indexOf(best) : undefined,
      };
    });
}

function duration_row(runs: readonly Run[]): Row {
  return {
    name: "duration",
    is_param: false,
    values: runs.map((run) => format.duration(duration_of(run))),
    best: undefined,
  };
}
