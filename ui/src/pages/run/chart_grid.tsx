// The charts of a run in a grid, and below them what has one value only.

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import type { FrameSeries } from "../../frame.ts";
import { count, is_share, metric_named, plural } from "../../math/format.ts";
import { say_series, write_series } from "../../math/series_name.ts";
import { Empty } from "../../parts/looks.tsx";
import type { Cursor } from "../../parts/line_chart.tsx";
import { ChartPanel } from "./chart.tsx";
import { chart_groups, has_epochs, name_of, run_chart } from "./chart_model.ts";
import type { RunChartChoice } from "./chart_model.ts";

interface GridProps {
  readonly series: readonly FrameSeries[];
  readonly find: string;
  readonly choice: RunChartChoice;
  readonly start: number;
  /** More charts are left out, and single values too where there is any chart. */
  readonly most?: number;
}

/** Charts in a grid; one of them may fill it. */
export function ChartGrid(props: GridProps): JSX.Element {
  const { series, choice, start } = props;
  const cursor = useSignal<Cursor | undefined>(undefined);
  const [full, set_full] = useState<string | undefined>(undefined);
  const { charts, singles } = useMemo(() => {
    const word = props.find.toLowerCase();
    const fits = (words: readonly string[]): boolean =>
      word === "" || words.join(" ").toLowerCase().includes(word);
    const x = choice.x === "epoch" && !has_epochs(series) ? "step" : choice.x;
    const groups = chart_groups(series);
    return {
      charts: groups.charts
        .filter(([key, members]) =>
          fits([key, ...members.map((one) => one.name)]),
        )
        .map(([key, members]) =>
          run_chart(key, shares_first(members), { ...choice, x }, start),
        ),
      singles: groups.singles.filter((one) => fits([one.name])),
    };
  }, [series, props.find, choice.x, choice.smooth, start]);
  if (charts.length + singles.length === 0)
    return <Empty title="No metric is called so" />;
  const shown =
    full === undefined
      ? charts.slice(0, props.most ?? charts.length)
      : charts.filter((chart) => chart.key === full);
  const has_singles =
    singles.length > 0 &&
    full === undefined &&
    (props.most === undefined || charts.length === 0);
  return (
    <div class={full === undefined ? "run-charts" : "run-charts alone"}>
      {shown.map((chart) => (
        <ChartPanel
          key={chart.key}
          chart={chart}
          cursor={cursor}
          is_full={chart.key === full}
          onFull={() => set_full(full === undefined ? chart.key : undefined)}
        />
      ))}
      {has_singles && <Singles series={singles} />}
    </div>
  );
}

/** F1 before exact match: the first takes the first colour. */
function shares_first(series: readonly FrameSeries[]): readonly FrameSeries[] {
  return [...series].sort(
    (a, b) =>
      Number(is_share(b.name) && b.name === "f1") -
      Number(is_share(a.name) && a.name === "f1"),
  );
}

/** Values that were measured once. */
function Singles({ series }: { series: readonly FrameSeries[] }): JSX.Element {
  const shares = series.filter((one) => is_share(one.name));
  const largest = Math.max(0, ...shares.map((one) => one.value[0] ?? 0));
  return (
    <section class="panel flat run-singles" aria-label="Single values">
      <header>
        <h2>Single values</h2>
        <span class="small-text quiet-text">
          {plural(series.length, "series", "series")} of one point
        </span>
      </header>
      <table class="plain">
        <thead>
          <tr>
            <th>Metric</th>
            <th class="number">Value</th>
            <th class="number">Step</th>
          </tr>
        </thead>
        <tbody>
          {series.map((one) => (
            <tr key={write_series(name_of(one))}>
              <td>{say_series(name_of(one))}</td>
              <td class="number mono">
                {metric_named(one.name, one.value[0], largest)}
              </td>
              <td class="number mono second-text">{count(one.step[0] ?? 0)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
