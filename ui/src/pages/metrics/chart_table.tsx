// A chart as a table: a row for each curve with what an eye would read off it, for those who cannot see the picture.

import { called } from "../../called.ts";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { value_text } from "../../fields.ts";
import { count, metric_named, none } from "../../math/format.ts";
import type { Numbers } from "../../math/smooth.ts";
import { Dialog } from "../../parts/dialog.tsx";
import { Table } from "../../parts/table.tsx";
import type { Column } from "../../parts/table.tsx";
import type { ChartModel, CurveInfo } from "./chart.ts";
import type { Chosen } from "./view.ts";
import { x_name, x_text } from "./x.ts";

export interface CurveRow {
  readonly id: string;
  readonly name: string;
  readonly metric: string;
  readonly points: number;
  readonly first: number;
  readonly last: number;
  /** The least and the largest finite value with their places; NaN if none is finite. */
  readonly least: readonly [number, number];
  readonly largest: readonly [number, number];
}

/** What each curve of a chart says, as it was measured where it is drawn smoothed. */
export function curve_rows(chart: ChartModel): readonly CurveRow[] {
  return chart.plot.curves.map((curve) => {
    const info = chart.curves.get(curve.id);
    const values = curve.raw ?? curve.y;
    const n = values.length;
    return {
      id: curve.id,
      name: name_of(info),
      metric: info?.lines[0]?.of.series.name ?? "",
      points: n,
      first: values[0] ?? NaN,
      last: values[n - 1] ?? NaN,
      least: outermost(curve.x, values, -1),
      largest: outermost(curve.x, values, 1),
    };
  });
}

function name_of(info: CurveInfo | undefined): string {
  if (info === undefined) return "";
  const { lines, colors, dash, n } = info;
  const whose =
    n === undefined
      ? lines[0] === undefined
        ? ""
        : called(lines[0].of.run.run)
      : `${colors.map(value_text).join(" · ")} (${lines.length} curves)`;
  return [whose, dash].filter((word) => word !== "").join(", ");
}

function outermost(
  x: Numbers,
  values: Numbers,
  sign: 1 | -1,
): readonly [number, number] {
  let best = NaN;
  let at = NaN;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? NaN;
    if (!Number.isFinite(value) || sign * value <= sign * best) continue;
    best = value;
    at = x[i] ?? NaN;
  }
  return [best, at];
}

/** The table of a chart, above the page. */
export function ChartTable(props: {
  readonly chart: ChartModel;
  readonly chosen: Chosen;
  readonly onClose: () => void;
}): JSX.Element {
  const { chart, chosen } = props;
  const rows = useMemo(() => curve_rows(chart), [chart]);
  const text = (row: CurveRow, value: number): string =>
    row.points === 0 ? none : metric_named(row.metric, value);
  const outer = (row: CurveRow, [value, at]: readonly [number, number]) =>
    Number.isNaN(value)
      ? none
      : `${metric_named(row.metric, value)} at ${x_text(chosen.x, at)}`;
  const column = (
    name: string,
    width: number,
    cell: (row: CurveRow) => string,
  ): Column<CurveRow> => ({
    key: name,
    title: name,
    name,
    group: "",
    width,
    is_number: name !== "Curve",
    cell,
  });
  return (
    <Dialog title={`${chart.title} as a table`} wide onClose={props.onClose}>
      <p class="second-text">
        {rows.length === 1 ? "1 curve" : `${count(rows.length)} curves`} by{" "}
        {x_name(chosen)}, values as measured. The chart's download as CSV holds
        every point.
      </p>
      <div class="chart-table">
        <Table
          label={`${chart.title} by ${x_name(chosen)}`}
          columns={[
            column("Curve", 250, (row) => row.name),
            column("Points", 70, (row) => count(row.points)),
            column("First", 86, (row) => text(row, row.first)),
            column("Least", 150, (row) => outer(row, row.least)),
            column("Largest", 150, (row) => outer(row, row.largest)),
            column("Last", 86, (row) => text(row, row.last)),
          ]}
          lines={rows.map((row) => ({ kind: "row", key: row.id, row }))}
        />
      </div>
    </Dialog>
  );
}
