// Params: which params lead to which results, as parallel coordinates, a scatter, a map of two, and a table.

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { field_named, fields_of, flat_run } from "../../fields.ts";
import type { RunField } from "../../fields.ts";
import { plural } from "../../math/format.ts";
import { Icon } from "../../parts/icon.tsx";
import type { Runs } from "../../shapes.ts";
import { metric_measures, param_measure } from "./axes.ts";
import { ParamsControls, differs } from "./controls.tsx";
import { Heat } from "./heat.tsx";
import { Importance } from "./importance.tsx";
import { map_fields } from "./map.ts";
import { build_params } from "./model.ts";
import type { ParamsModel } from "./model.ts";
import { Parallel } from "./parallel.tsx";
import { Scatter } from "./scatter.tsx";
import { ParamsTable } from "./table.tsx";
import { hidden_params, params_view } from "./view.ts";
import type { ParamsValues } from "./view.ts";
import { RunExplorer } from "../explorer.tsx";

/** The Params page. */
export function Params(_props: { readonly rest: string }): JSX.Element {
  const values = params_view.values.value;
  return (
    <RunExplorer
      title="Params"
      q={values.q}
      onQuery={(q) => params_view.set({ q })}
    >
      {(runs) => <Explorer values={values} answer={runs} />}
    </RunExplorer>
  );
}

function Explorer({
  values,
  answer,
}: {
  values: ParamsValues;
  answer: Runs;
}): JSX.Element {
  const runs = useMemo(() => answer.runs.map(flat_run), [answer]);
  const fields = useMemo(() => fields_of(runs), [runs]);
  const measures = useMemo(
    () => [
      ...fields.filter((field) => field.kind === "param").map(param_measure),
      ...metric_measures(runs, values.value),
    ],
    [fields, runs, values.value],
  );
  const model = useMemo(
    () => build_params(values, fields, measures, runs),
    [values.axes, values.color, values.brush, fields, measures, runs],
  );
  const hovered = useSignal<string | undefined>(undefined);
  const varied = measures.filter(
    (measure) => measure.kind === "metric" || differs(fields, measure.id),
  );
  const [rows, columns] = useMemo(
    () => map_sides(values, fields, model),
    [values.map, fields, model],
  );
  const second = model.axes
    .filter((axis) => axis.kind === "metric" && axis.id !== model.color?.id)
    .at(-1);
  return (
    <>
      <ParamsControls
        values={values}
        model={model}
        measures={measures}
        fields={fields}
        hidden={hidden_params(fields, runs)}
      />
      {answer.total > runs.length && (
        <div class="note info" role="status">
          <Icon name="info" />
          {plural(answer.total, "run")} match; the newest {runs.length} are
          shown
        </div>
      )}
      <div class="params-body">
        {values.view === "parallel" ? (
          <Parallel model={model} hovered={hovered} />
        ) : (
          <Scatter
            model={model}
            measures={varied}
            runs={runs}
            values={values}
            hovered={hovered}
          />
        )}
        <div class="params-row">
          <Heat
            model={model}
            fields={fields}
            rows={rows}
            columns={columns}
            second={second}
          />
          <Importance model={model} fields={fields} />
          <ParamsTable model={model} sort={values.sort} hovered={hovered} />
        </div>
      </div>
    </>
  );
}

/** The chosen sides of the map, and for a side without a choice a param of its own. */
function map_sides(
  values: ParamsValues,
  fields: readonly RunField[],
  model: ParamsModel,
): readonly [RunField | undefined, RunField | undefined] {
  const [first, second] = values.map.map((id) => field_named(fields, id));
  const runs = model.runs.map((one) => one.run);
  const own = map_fields(fields, runs, model.color);
  const rows = first ?? own.find((field) => field !== second);
  return [rows, second ?? own.find((field) => field !== rows)];
}
