// The runs of the Params page: those inside the brush first, the others dimmed.

import { called } from "../../called.ts";
import type { Signal } from "@preact/signals";
import type { JSX } from "preact";
import { IconButton } from "../../parts/button.tsx";
import { csv_cell, export_csv } from "../../parts/chart_export.ts";
import { Swatch } from "../../parts/marks.tsx";
import { Table } from "../../parts/table.tsx";
import type { Column } from "../../parts/table.tsx";
import { compare_values } from "../../math/group.ts";
import type { FieldValue } from "../../math/group.ts";
import { brief_label } from "../../fields.ts";
import type { Axis } from "./axes.ts";
import type { ParamsModel, Placed } from "./model.ts";
import { params_view } from "./view.ts";

export function ParamsTable(props: {
  readonly model: ParamsModel;
  readonly sort: string;
  readonly hovered: Signal<string | undefined>;
}): JSX.Element {
  const { model, hovered } = props;
  const { axes } = model;
  const fallback = axes.at(-1);
  const word =
    props.sort === "" && fallback !== undefined
      ? `${fallback.is_less_better ? "" : "-"}${fallback.id}`
      : props.sort;
  const is_down = word.startsWith("-");
  const key = is_down ? word.slice(1) : word;
  const rows = sorted(
    model.runs,
    axes.find((axis) => axis.id === key),
    is_down,
  );
  return (
    <section class="panel params-table" aria-label="Runs">
      <header>
        <h2>Runs</h2>
        <span class="quiet-text clip">
          {model.brushes.length > 0
            ? "brushed first; dimmed rows are outside the brush"
            : "brush an axis to filter them"}
        </span>
        <span class="grow" />
        <IconButton
          small
          icon="download"
          label="Download as CSV"
          onClick={() => export_csv("params", csv_lines(model, rows))}
        />
      </header>
      <Table
        label="Runs on these axes"
        columns={[
          name_column,
          ...by_worth(axes).map((axis) => axis_column(axis, model)),
        ]}
        lines={rows.map((row) => ({ kind: "row", key: row.run.run.id, row }))}
        row_height={30}
        sorted={{ key, is_down }}
        at={hovered.value}
        row_class={(row) =>
          `${row.is_in ? "" : "dimmed"}${row.run.run.id === hovered.value ? " shown here" : ""}`
        }
        onSort={(next) =>
          params_view.set({
            sort: next === key && !is_down ? `-${next}` : next,
          })
        }
        onPoint={(id) => (hovered.value = id)}
      />
    </section>
  );
}

const name_column: Column<Placed> = {
  key: "run",
  title: "Run",
  name: "Run",
  group: "",
  width: 118,
  is_pinned: true,
  cell: ({ run, color, is_in }) => (
    <span class={`run-name${is_in ? " in" : ""}`}>
      <Swatch color={color} />
      <a class="clip" href={`/runs/${run.run.id}`}>
        {called(run.run)}
      </a>
    </span>
  ),
};

function axis_column(axis: Axis, model: ParamsModel): Column<Placed> {
  const numbers = model.runs.flatMap(({ run }) => {
    const value = axis.value(run);
    return typeof value === "number" ? [value] : [];
  });
  const best = axis.is_less_better
    ? Math.min(...numbers)
    : Math.max(...numbers);
  const marks_best =
    axis.kind === "metric" && axis.of !== "last" && model.runs.length > 1;
  return {
    key: axis.id,
    title: brief_label(axis.label),
    name: axis.label,
    group: "",
    width: Math.max(60, 20 + brief_label(axis.label).length * 6.6),
    is_number: true,
    sorts: true,
    cell: ({ run }) => {
      const value = axis.value(run);
      return (
        <span class={marks_best && value === best ? "best" : ""}>
          {axis.text(value)}
        </span>
      );
    },
  };
}

/** Params, then results, then what was measured on the way. */
function by_worth(axes: readonly Axis[]): readonly Axis[] {
  const rank = (axis: Axis): number =>
    axis.kind === "param" ? 0 : axis.of === "last" ? 2 : 1;
  return [...axes].sort((a, b) => rank(a) - rank(b));
}

/** Inside the brush first, then by the axis; runs without a value last. */
function sorted(
  runs: readonly Placed[],
  axis: Axis | undefined,
  is_down: boolean,
): readonly Placed[] {
  const value = (one: Placed): FieldValue => axis?.value(one.run) ?? null;
  return [...runs].sort((a, b) => {
    if (a.is_in !== b.is_in) return a.is_in ? -1 : 1;
    const [x, y] = [value(a), value(b)];
    if (x === null || y === null)
      return Number(x === null) - Number(y === null);
    return is_down ? compare_values(y, x) : compare_values(x, y);
  });
}

function* csv_lines(
  model: ParamsModel,
  rows: readonly Placed[],
): Iterable<string> {
  yield ["run", "name", "inside", ...model.axes.map((axis) => axis.id)]
    .map(csv_cell)
    .join(",");
  for (const { run, is_in } of rows) {
    const cells = model.axes.map((axis) => {
      const value = axis.value(run);
      return value === null ? "" : String(value);
    });
    yield [run.run.id, called(run.run), is_in ? "1" : "0", ...cells]
      .map(csv_cell)
      .join(",");
  }
}
