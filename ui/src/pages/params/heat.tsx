// Two params against a metric: a cell for each pair, coloured by the mean, with n and what failed.

import { called } from "../../called.ts";
import type { JSX } from "preact";
import { brief_label, field_text } from "../../fields.ts";
import type { FlatRun, RunField } from "../../fields.ts";
import { metric_named, plural } from "../../math/format.ts";
import { key_of } from "../../math/group.ts";
import type { FieldValue } from "../../math/group.ts";
import { Icon } from "../../parts/icon.tsx";
import { Menu } from "../../parts/menu.tsx";
import { Empty } from "../../parts/looks.tsx";
import type { Measure } from "./axes.ts";
import { heat_cell, heat_map, most_values } from "./map.ts";
import type { HeatCell } from "./map.ts";
import type { ParamsModel } from "./model.ts";
import { params_view } from "./view.ts";

interface HeatProps {
  readonly model: ParamsModel;
  readonly fields: readonly RunField[];
  /** What else is said in each cell. */
  readonly second: Measure | undefined;
  readonly rows: RunField | undefined;
  readonly columns: RunField | undefined;
}

export function Heat(props: HeatProps): JSX.Element {
  const { model, rows, columns } = props;
  const measure = model.color;
  if (measure === undefined || rows === undefined || columns === undefined)
    return (
      <section class="panel heat" aria-label="Two params">
        <header>
          <h2>Two params</h2>
        </header>
        <Empty title="No two params differ">
          Runs that differ in two params fill this map
        </Empty>
      </section>
    );
  const words = `${brief_label(measure.label)} by ${brief_label(columns.label)} and ${brief_label(rows.label)}`;
  const title = words.charAt(0).toUpperCase() + words.slice(1);
  return (
    <section class="panel heat" aria-label={title}>
      <header>
        <h2 class="clip" title={title}>
          {title}
        </h2>
        <span class="quiet-text">{measure.of}</span>
        <span class="grow" />
        <FieldMenu label="Rows" at={0} {...props} />
        <FieldMenu label="Columns" at={1} {...props} />
      </header>
      <HeatGrid {...props} measure={measure} rows={rows} columns={columns} />
    </section>
  );
}

function FieldMenu(
  props: HeatProps & { label: string; at: 0 | 1 },
): JSX.Element {
  const chosen = [props.rows?.id ?? "", props.columns?.id ?? ""];
  const candidates = props.fields.filter(
    (field) =>
      field.kind === "param" &&
      field.differs &&
      field.values.length <= most_values,
  );
  return (
    <Menu
      label={props.label}
      class="button small square quiet"
      face={<Icon name={props.at === 0 ? "runs" : "columns"} />}
      items={candidates.map((field) => ({
        label: field.label,
        on: field.id === chosen[props.at],
        not_now:
          field.id === chosen[1 - props.at]
            ? "It is the other side"
            : undefined,
        run: () =>
          params_view.set({
            map: chosen.map((id, i) => (i === props.at ? field.id : id)),
          }),
      }))}
    />
  );
}

function HeatGrid(
  props: HeatProps & { measure: Measure; rows: RunField; columns: RunField },
): JSX.Element {
  const { model, measure, rows, columns } = props;
  const map = heat_map(
    model.runs.map((one) => one.run),
    [rows, columns],
    measure,
  );
  return (
    <>
      <div
        class="heat-grid"
        role="table"
        tabIndex={0}
        aria-label={`${measure.label} by two params`}
        style={{ "--columns": map.across.length }}
      >
        <HeatHead {...props} across={map.across} />
        {map.down.map((row, i) => (
          <div key={key_of([row])} role="row" class="heat-row">
            <span
              role="rowheader"
              class="mono second-text clip"
              title={`${rows.label} ${field_text(rows, row)}`}
            >
              {field_text(rows, row)}
            </span>
            {map.across.map((column, j) => (
              <Cell
                key={key_of([column])}
                {...props}
                cell={map.cells[i]?.[j]}
                best={measure.is_less_better ? map.least : map.largest}
                says_n={map.most > 1}
              />
            ))}
          </div>
        ))}
      </div>
      <footer>
        <span class="mono">{metric_text(measure, map.least)}</span>
        <i class={`ramp ${model.ramp ?? "ember"}`} />
        <span class="mono">{metric_text(measure, map.largest)}</span>
        <span class="grow" />
        <span>
          {map.most <= 1 ? "n = 1 a cell" : `n ≤ ${map.most}`}
          {map.n_without > 0 && ` · ${plural(map.n_without, "run")} without`}
        </span>
      </footer>
    </>
  );
}

/** The names of the two params once, and the values of the columns. */
function HeatHead(props: {
  rows: RunField;
  columns: RunField;
  across: readonly FieldValue[];
}): JSX.Element {
  const { rows, columns } = props;
  return (
    <div class="heat-head">
      <div role="row" class="heat-row">
        <span role="columnheader" />
        <span
          role="columnheader"
          class="heat-name clip"
          title={columns.label}
          aria-colspan={props.across.length}
        >
          {brief_label(columns.label)}
        </span>
      </div>
      <div role="row" class="heat-row">
        <span role="columnheader" class="clip" title={rows.label}>
          {brief_label(rows.label)}
        </span>
        {props.across.map((column) => (
          <span
            key={key_of([column])}
            role="columnheader"
            class="mono second-text clip"
            title={`${columns.label} ${field_text(columns, column)}`}
          >
            {field_text(columns, column)}
          </span>
        ))}
      </div>
    </div>
  );
}

function metric_text(measure: Measure, value: number): string {
  return Number.isFinite(value) ? measure.text(value) : "–";
}

/** Up to this share of a ramp its colours are dark in the light theme, and white words stand on them: there white and
 *  black both have a contrast of 4.5. */
const DARK_UP_TO = { ember: 0.675, lagoon: 0.6 } as const;

function Cell(props: {
  model: ParamsModel;
  measure: Measure;
  second: Measure | undefined;
  cell: HeatCell | undefined;
  best: number;
  says_n: boolean;
}): JSX.Element {
  const { cell, measure, model } = props;
  if (cell === undefined || cell.runs.length === 0)
    return (
      <span role="cell" class="heat-cell none">
        <span class="quiet-text">no run</span>
      </span>
    );
  if (cell.n === 0) return <FailedCell runs={cell.runs} measure={measure} />;
  const is_best = cell.mean === props.best;
  const other =
    props.second === undefined ? undefined : heat_cell(cell.runs, props.second);
  const words = [
    is_best ? "best" : "",
    other !== undefined && other.n > 0 && props.second !== undefined
      ? `${brief_label(props.second.label)} ${metric_named(props.second.id, other.mean)}`
      : "",
    props.says_n ? `n = ${cell.n}` : "",
  ].filter((word) => word !== "");
  const share = model.heat_of(cell.mean);
  const spread = Number.isFinite(cell.spread)
    ? ` ± ${metric_named(measure.id, cell.spread)}`
    : "";
  return (
    <span
      role="cell"
      class={`heat-cell${is_best ? " is-best" : ""}${share <= DARK_UP_TO[model.ramp ?? "ember"] ? " deep" : ""}`}
      style={{ "--c": model.color_of(cell.mean) }}
      title={[
        `${measure.text(cell.mean)}${spread}`,
        ...words,
        cell.runs.map((run) => called(run.run)).join(", "),
      ].join(" · ")}
    >
      <b class="mono">
        {measure.text(cell.mean)}
        {spread !== "" && <span class="spread">{spread}</span>}
      </b>
      <span class="second clip">{words.join(" · ")}</span>
    </span>
  );
}

function FailedCell(props: {
  runs: readonly FlatRun[];
  measure: Measure;
}): JSX.Element {
  const metrics = props.runs.flatMap(({ run }) => run.metrics);
  const broken = metrics.find((metric) => metric.nan_step !== undefined);
  const status = props.runs[0]?.run.status;
  const is_bad =
    status === "failed" || status === "crashed" || status === "killed";
  const where =
    broken?.last_epoch === undefined
      ? `step ${broken?.nan_step ?? ""}`
      : `epoch ${broken.last_epoch.toFixed(2)}`;
  return (
    <span role="cell" class="heat-cell failed">
      <b>
        {is_bad && <Icon name={status} small />}
        {is_bad
          ? { failed: "Failed", crashed: "Crashed", killed: "Killed" }[status]
          : "No value"}
      </b>
      {broken !== undefined && <span class="second clip">NaN, {where}</span>}
    </span>
  );
}
