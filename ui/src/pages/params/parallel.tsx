// Parallel coordinates on the page: axes with their heads, lines, and brushes drawn by dragging along an axis.

import { called } from "../../called.ts";
import type { Signal } from "@preact/signals";
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { CssColors } from "../../chart/curve.ts";
import {
  paint_brush,
  paint_hovered,
  paint_parallel,
} from "../../chart/parallel.ts";
import {
  nearest_line,
  parallel_plane,
  share_of_place,
} from "../../chart/parallel_plane.ts";
import type { ParallelModel } from "../../chart/parallel_plane.ts";
import { plural } from "../../math/format.ts";
import { Canvas } from "../../parts/canvas.tsx";
import type { CanvasSize } from "../../parts/canvas.tsx";
import type { Axis } from "./axes.ts";
import { Heads } from "./heads.tsx";
import type { ParamsModel } from "./model.ts";
import { params_view, write_brush } from "./view.ts";

interface ParallelProps {
  readonly model: ParamsModel;
  readonly hovered: Signal<string | undefined>;
}

interface Drag {
  readonly axis: number;
  readonly from: number;
  readonly to: number;
}

/** How near an axis a drag must begin, in pixels. */
const GRIP = 14;
const LEAST_DRAG = 0.01;
/** So near an end of the axis a brush is open: no value lies there. */
const EDGE = 0.03;

export function Parallel({ model, hovered }: ParallelProps): JSX.Element {
  const drag = useSignal<Drag | undefined>(undefined);
  const drawn = useMemo(() => parallel_of(model), [model]);
  const pointer = (
    kind: "down" | "move" | "up" | "leave",
    x: number,
    y: number,
    size: CanvasSize,
  ): void => {
    const plane = parallel_plane(drawn, size.width, size.height);
    const share = share_of_place(y, plane);
    const held = drag.value;
    if (kind === "down") {
      const axis = plane.xs.findIndex((at) => Math.abs(at - x) <= GRIP);
      drag.value = axis < 0 ? undefined : { axis, from: share, to: share };
    } else if (kind === "move" && held !== undefined)
      drag.value = { ...held, to: share };
    else if (kind === "move")
      hovered.value = nearest_line(drawn, plane, x, y)?.id;
    else if (kind === "up" && held !== undefined) {
      drag.value = undefined;
      brush(model, held);
    } else if (kind === "leave" && held === undefined)
      hovered.value = undefined;
  };
  const at = hovered.value;
  const held = drag.value;
  const n_without = model.runs.length - drawn.lines.length;
  return (
    <section class="panel parallel" aria-label="Parallel coordinates">
      <Heads axes={model.axes} color={model.color?.id} ramp={model.ramp} />
      <Canvas
        class="parallel-canvas"
        label={`${plural(model.runs.length, "run")} on ${model.axes.map((axis) => axis.label).join(", ")}; ${model.inside} inside the brush. The table holds their values`}
        of={[drawn]}
        paint={(pen, size, ink, element) =>
          paint_parallel(
            pen,
            in_color(drawn, element),
            parallel_plane(drawn, size.width, size.height),
            ink,
          )
        }
        paint_top={(pen, size, ink, element) => {
          const plane = parallel_plane(drawn, size.width, size.height);
          if (held !== undefined) {
            const ends = [
              Math.min(held.from, held.to),
              Math.max(held.from, held.to),
            ] as const;
            paint_brush(pen, plane.xs[held.axis] ?? 0, ends, plane, ink);
          }
          const line = drawn.lines.find((one) => one.id === at);
          if (line !== undefined)
            paint_hovered(
              pen,
              { ...line, color: new CssColors(element).resolve(line.color) },
              plane,
              ink,
            );
        }}
        onPointer={pointer}
      />
      {n_without > 0 && (
        <p class="tiny-text quiet-text parallel-without">
          {plural(n_without, "run")} without a value on these axes
        </p>
      )}
    </section>
  );
}

function in_color(model: ParallelModel, element: Element): ParallelModel {
  const colors = new CssColors(element);
  return {
    ...model,
    lines: model.lines.map((line) => ({
      ...line,
      color: colors.resolve(line.color),
    })),
  };
}

function parallel_of(model: ParamsModel): ParallelModel {
  const { axes } = model;
  const last = axes[axes.length - 1];
  return {
    has_brush: model.brushes.length > 0,
    axes: axes.map((axis) => ({
      id: axis.id,
      ticks: axis.ticks,
      is_exact: axis.is_exact,
      brush: brushed_part(axis, model),
    })),
    lines: model.runs.flatMap(({ run, color, is_in }) => {
      const shares = Float32Array.from(axes, (axis) =>
        axis.share(axis.value(run)),
      );
      if (!shares.some(Number.isFinite)) return [];
      const end = last === undefined ? null : last.value(run);
      const words =
        end === null || last?.kind !== "metric" ? "" : ` ${last.text(end)}`;
      return {
        id: run.run.id,
        shares,
        color,
        is_in,
        label: `${called(run.run)}${words}`,
      };
    }),
  };
}

function brushed_part(
  axis: Axis,
  model: ParamsModel,
): readonly [number, number] | undefined {
  const brush = model.brushes.find((one) => one.id === axis.id);
  if (brush === undefined) return undefined;
  const share = (value: number, open: number): number => {
    if (!Number.isFinite(value)) return open;
    const near = [0, 1].map((end) => axis.number_at(end)).sort((a, b) => a - b);
    const kept = Math.max(near[0] ?? value, Math.min(near[1] ?? value, value));
    return share_of_number(axis, kept);
  };
  const ends = [
    share(brush.low, axis.is_flipped ? 1 : 0),
    share(brush.high, axis.is_flipped ? 0 : 1),
  ];
  return [Math.min(...ends), Math.max(...ends)];
}

/** The share where the axis has a number, found by halving: axes are monotone. */
function share_of_number(axis: Axis, value: number): number {
  const rises = axis.number_at(1) > axis.number_at(0);
  let [low, high] = [0, 1];
  for (let i = 0; i < 30; i++) {
    const middle = (low + high) / 2;
    if (axis.number_at(middle) < value === rises) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Brushes the dragged part of an axis; a click takes its brush away. */
function brush(model: ParamsModel, { axis: index, from, to }: Drag): void {
  const axis = model.axes[index];
  if (axis === undefined) return;
  const others = params_view.values.value.brush.filter(
    (word) => !word.startsWith(`${axis.id}:`),
  );
  if (Math.abs(to - from) < LEAST_DRAG) {
    params_view.set({ brush: others });
    return;
  }
  const end = (share: number): number => axis.number_at(share);
  const [a, b] = [Math.min(from, to), Math.max(from, to)];
  const is_top = b >= 1 - EDGE;
  const is_foot = a <= EDGE;
  const [low, high] = axis.is_flipped
    ? [is_top ? -Infinity : end(b), is_foot ? Infinity : end(a)]
    : [is_foot ? -Infinity : end(a), is_top ? Infinity : end(b)];
  const word = write_brush({ id: axis.id, low, high });
  params_view.set({ brush: is_top && is_foot ? others : [...others, word] });
}
