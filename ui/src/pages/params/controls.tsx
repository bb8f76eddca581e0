// The controls of the Params page: axes, colour, which value of a metric, the view, and what is brushed.

import type { JSX } from "preact";
import { field_named } from "../../fields.ts";
import type { RunField } from "../../fields.ts";
import { plural } from "../../math/format.ts";
import { Choice, IconButton } from "../../parts/button.tsx";
import { Icon } from "../../parts/icon.tsx";
import { Menu, PickFace } from "../../parts/menu.tsx";
import { Picker } from "../../parts/picker.tsx";
import { axis_of } from "./axes.ts";
import type { Measure } from "./axes.ts";
import type { ParamsModel } from "./model.ts";
import { params_view, read_axis, write_axis } from "./view.ts";
import type { Brush, Hidden, ParamsValues } from "./view.ts";

interface ControlsProps {
  readonly values: ParamsValues;
  readonly model: ParamsModel;
  readonly measures: readonly Measure[];
  readonly fields: readonly RunField[];
  readonly hidden: Hidden;
}

export function ParamsControls(props: ControlsProps): JSX.Element {
  const { values, model, measures, fields } = props;
  const set = params_view.set.bind(params_view);
  const params = model.axes.filter((axis) => axis.kind === "param");
  const metrics = model.axes.length - params.length;
  const words = [
    ...params.map((axis) => axis.label),
    ...(metrics > 0 ? [plural(metrics, "metric")] : []),
  ];
  return (
    <div class="controls metrics-controls">
      <Picker
        label="Axes"
        face={<span class="clip">{words.join(", ") || "none"}</span>}
        options={measures.map((measure) => ({
          value: measure.id,
          label: measure.label,
          section: measure.kind === "param" ? "Params" : "Metrics",
          ...(measure.kind === "param" && !differs(fields, measure.id)
            ? { not_now: "constant" }
            : {}),
        }))}
        chosen={model.axes.map((axis) => axis.id)}
        onChange={(ids) =>
          set({
            axes: ids.map((id) =>
              write_axis(
                model.axes.find((axis) => axis.id === id)?.word ??
                  read_axis(id),
              ),
            ),
          })
        }
      />
      <Menu
        label="Colour"
        class="pick"
        align="start"
        face={
          <PickFace label="Colour">
            {model.ramp !== undefined && (
              <i class={`ramp small ${model.ramp}`} />
            )}
            {model.color?.label ?? "none"}
            {model.color?.of !== "" && `, ${model.color?.of ?? ""}`}
          </PickFace>
        }
        items={measures
          .filter(
            (measure) =>
              measure.kind === "metric" || differs(fields, measure.id),
          )
          .map((measure) => ({
            label: measure.label,
            on: measure.id === model.color?.id,
            run: () => set({ color: measure.id }),
          }))}
      />
      <Menu
        label="Metric value"
        class="pick"
        align="start"
        face={<PickFace label="Metric value">{values.value}</PickFace>}
        items={(["best", "last", "min", "max"] as const).map((value) => ({
          label: value === "best" ? "best; of training the last" : value,
          on: values.value === value,
          run: () => set({ value }),
        }))}
      />
      <span class="separator" />
      <Choice
        label="View"
        value={values.view}
        options={[
          {
            value: "parallel",
            label: (
              <>
                <Icon name="params" small />
                Parallel
              </>
            ),
          },
          { value: "scatter", label: "Scatter" },
        ]}
        onChange={(view) => set({ view })}
      />
      <span class="grow" />
      {model.brushes.map((brush) => (
        <BrushChip
          key={brush.id}
          brush={brush}
          model={model}
          measures={measures}
        />
      ))}
      {model.brushes.length > 0 && (
        <span class="second-text small-text">
          {model.inside} of {plural(model.runs.length, "run")}
        </span>
      )}
      <HiddenParams {...props.hidden} />
    </div>
  );
}

function HiddenParams({ constant, partly }: Hidden): JSX.Element {
  if (constant + partly === 0) return <></>;
  const words = [
    constant > 0 ? plural(constant, "constant param") : "",
    partly > 0 ? `${plural(partly, "param")} of some runs only` : "",
  ].filter((word) => word !== "");
  return (
    <>
      <span class="separator" />
      <span
        class="quiet-text small-text"
        title="They have one value in every run that has them"
      >
        {words.join(", ")} hidden
      </span>
    </>
  );
}

function BrushChip(props: {
  brush: Brush;
  model: ParamsModel;
  measures: readonly Measure[];
}): JSX.Element {
  const { brush, model } = props;
  const measure = props.measures.find((one) => one.id === brush.id);
  const axis =
    measure &&
    axis_of(
      measure,
      read_axis(brush.id),
      model.runs.map((one) => one.run),
    );
  const text = (value: number): string =>
    axis?.scale === "words"
      ? (axis.ticks[Math.round(value)]?.label ?? "")
      : (measure?.text(value) ?? String(value));
  const name = measure?.label ?? brush.id;
  const words = !Number.isFinite(brush.high)
    ? `${name} ≥ ${text(brush.low)}`
    : !Number.isFinite(brush.low)
      ? `${name} ≤ ${text(brush.high)}`
      : `${name} ${text(brush.low)} – ${text(brush.high)}`;
  return (
    <span class="chip brush-chip">
      {words}
      <IconButton
        small
        icon="close"
        label={`Remove the brush ${words}`}
        onClick={() =>
          params_view.set({
            brush: params_view.values.value.brush.filter(
              (word) => !word.startsWith(`${brush.id}:`),
            ),
          })
        }
      />
    </span>
  );
}

/** Whether a param differs among the runs here. */
export function differs(fields: readonly RunField[], id: string): boolean {
  return field_named(fields, id)?.differs === true;
}
