// Any two measures against each other, a dot for each run.

import { called } from "../../called.ts";
import type { Signal } from "@preact/signals";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { CssColors } from "../../chart/curve.ts";
import {
  nearest_dot,
  paint_dot,
  paint_scatter,
  place_of_dot,
  scatter_box,
} from "../../chart/scatter.ts";
import type { ScatterModel } from "../../chart/scatter.ts";
import { rimmed_text } from "../../chart/pen.ts";
import type { FlatRun } from "../../fields.ts";
import { plural } from "../../math/format.ts";
import { rank_correlation } from "../../math/importance.ts";
import { Canvas } from "../../parts/canvas.tsx";
import { Menu, PickFace } from "../../parts/menu.tsx";
import { axis_of, measure_named } from "./axes.ts";
import type { Axis, Measure } from "./axes.ts";
import type { ParamsModel } from "./model.ts";
import { params_view, read_axis } from "./view.ts";
import type { ParamsValues } from "./view.ts";

interface ScatterProps {
  readonly model: ParamsModel;
  readonly measures: readonly Measure[];
  readonly runs: readonly FlatRun[];
  readonly values: ParamsValues;
  readonly hovered: Signal<string | undefined>;
}

export function Scatter(props: ScatterProps): JSX.Element {
  const { model, hovered } = props;
  const x = chosen_axis(props, props.values.x, (axes) =>
    axes.filter((axis) => axis.kind === "param").at(-1),
  );
  const y = chosen_axis(props, props.values.y, (axes) => axes.at(-1));
  const drawn = useMemo(
    () => scatter_of(model, x, y),
    [model, x?.id, x?.of, y?.id, y?.of],
  );
  const at = hovered.value;
  const in_color = (element: Element): ScatterModel => {
    const colors = new CssColors(element);
    return {
      ...drawn,
      dots: drawn.dots.map((dot) => ({
        ...dot,
        color: colors.resolve(dot.color),
      })),
    };
  };
  const missing = model.runs.length - drawn.dots.length;
  return (
    <section class="panel scatter" aria-label="Scatter">
      <header>
        <AxisMenu label="X" of="x" chosen={x} measures={props.measures} />
        <AxisMenu label="Y" of="y" chosen={y} measures={props.measures} />
        <span class="quiet-text">
          {x !== undefined && y !== undefined && correlation_words(model, x, y)}
          {missing > 0 && ` · ${plural(missing, "run")} without a value`}
        </span>
      </header>
      <Canvas
        class="scatter-canvas"
        label={`${drawn.y_title} by ${drawn.x_title}: ${plural(drawn.dots.length, "run")}. The table holds their values`}
        of={[drawn]}
        paint={(pen, size, ink, element) =>
          paint_scatter(
            pen,
            in_color(element),
            scatter_box(size.width, size.height),
            ink,
          )
        }
        paint_top={(pen, size, ink, element) => {
          const box = scatter_box(size.width, size.height);
          const dot = in_color(element).dots.find((one) => one.id === at);
          if (dot === undefined) return;
          paint_dot(pen, { ...dot, is_in: true }, box, ink, 8);
          const [left, top] = place_of_dot(dot, box);
          pen.font = `600 12px ${ink.font}`;
          pen.textAlign = "left";
          pen.textBaseline = "middle";
          pen.fillStyle = ink.text;
          rimmed_text(pen, dot.label, left + 13, top, ink.panel);
        }}
        onPointer={(kind, left, top, size) => {
          if (kind === "leave") hovered.value = undefined;
          if (kind === "move")
            hovered.value = nearest_dot(
              drawn,
              scatter_box(size.width, size.height),
              left,
              top,
            )?.id;
        }}
      />
    </section>
  );
}

function chosen_axis(
  props: ScatterProps,
  word: string,
  fallback: (axes: readonly Axis[]) => Axis | undefined,
): Axis | undefined {
  const read = read_axis(word);
  const measure =
    word === "" ? undefined : measure_named(props.measures, read.id);
  if (measure !== undefined) return upright(measure, read.scale, props.runs);
  const found = fallback(props.model.axes);
  return found === undefined
    ? undefined
    : upright(found, found.word.scale, props.runs);
}

/** In a scatter more is further right and up, whatever is good. */
function upright(
  measure: Measure,
  scale: "log" | "linear" | undefined,
  runs: readonly FlatRun[],
): Axis {
  return axis_of(measure, { id: measure.id, scale, flip: false }, runs);
}

function scatter_of(
  model: ParamsModel,
  x: Axis | undefined,
  y: Axis | undefined,
): ScatterModel {
  const dots = model.runs.flatMap(({ run, color, is_in }) => {
    const [across, up] = [
      x?.share(x.value(run)) ?? NaN,
      y?.share(y.value(run)) ?? NaN,
    ];
    return Number.isNaN(across) || Number.isNaN(up)
      ? []
      : [
          {
            id: run.run.id,
            x: across,
            y: up,
            color,
            is_in,
            label: called(run.run),
          },
        ];
  });
  const title = (axis: Axis | undefined): string =>
    axis === undefined
      ? ""
      : [axis.label, axis.of, axis.scale === "log" ? "log" : ""]
          .filter((word) => word !== "")
          .join(" · ");
  return {
    dots,
    x_ticks: x?.ticks ?? [],
    y_ticks: y?.ticks ?? [],
    x_title: title(x),
    y_title: title(y),
  };
}

function correlation_words(model: ParamsModel, x: Axis, y: Axis): string {
  const shown = model.runs.filter((one) => one.is_in);
  const numbers = (axis: Axis): number[] =>
    shown.map(({ run }) => axis.number_of(axis.value(run)));
  const [a, b] = [numbers(x), numbers(y)];
  const n = a.filter(
    (value, i) => Number.isFinite(value) && Number.isFinite(b[i]),
  ).length;
  const rho = rank_correlation(a, b);
  return Number.isNaN(rho)
    ? `n = ${n}`
    : `rank correlation ${rho < 0 ? "−" : "+"}${Math.abs(rho).toFixed(2)}, n = ${n}`;
}

function AxisMenu(props: {
  label: string;
  of: "x" | "y";
  chosen: Axis | undefined;
  measures: readonly Measure[];
}): JSX.Element {
  return (
    <Menu
      label={`${props.label} axis`}
      class="pick"
      align="start"
      face={
        <PickFace label={props.label}>{props.chosen?.label ?? "none"}</PickFace>
      }
      items={props.measures.map((measure) => ({
        label: measure.label,
        on: measure.id === props.chosen?.id,
        run: () => params_view.set({ [props.of]: measure.id }),
      }))}
    />
  );
}
