// Histograms over steps as a map of steps by values, and one histogram as bars.

import { draw_axes } from "./axes.ts";
import type { Box, Ink } from "./curve.ts";
import type { Plane } from "./line.ts";
import type { Pen } from "./pen.ts";
import { Scale } from "./scale.ts";

/** The columns of a map, one a step, each with the shades of its rows from the lowest up. */
export interface HeatMap {
  readonly steps: readonly number[];
  /** From 0, nothing, to 1, the most. */
  readonly shades: readonly Float64Array[];
  readonly range: readonly [number, number];
}

interface Size {
  readonly width: number;
  readonly height: number;
}

const left = 52;
const below = 26;
const above = 10;
/** Half of the last label stands beyond the axis. */
const beside = 22;

function box_of({ width, height }: Size): Box {
  return {
    left,
    top: above,
    right: Math.max(left + 20, width - beside),
    bottom: Math.max(above + 20, height - below),
  };
}

/** Where the map's steps and values stand. Each step has the room halfway to its neighbours. */
export function heat_plane(map: HeatMap, size: Size): Plane {
  const box = box_of(size);
  const { steps } = map;
  const first = steps[0] ?? 0;
  const last = steps[steps.length - 1] ?? 0;
  const before = ((steps[1] ?? first + 1) - first) / 2;
  const after = (last - (steps[steps.length - 2] ?? last - 1)) / 2;
  return {
    across: new Scale(
      "linear",
      first - before,
      last + after,
      box.left,
      box.right,
    ),
    up: new Scale("linear", map.range[0], map.range[1], box.bottom, box.top),
    box,
  };
}

/** The place of the step whose column is at `x`. */
export function column_at(map: HeatMap, plane: Plane, x: number): number {
  const at = plane.across.invert(x);
  let best = 0;
  map.steps.forEach((step, i) => {
    const known = map.steps[best] ?? 0;
    if (Math.abs(step - at) < Math.abs(known - at)) best = i;
  });
  return best;
}

/** Draws the map; `color` gives the ink of a shade. */
export function paint_heat(
  pen: Pen,
  size: Size,
  ink: Ink,
  map: HeatMap,
  color: (shade: number) => string,
): void {
  const plane = heat_plane(map, size);
  draw_axes(pen, plane, { x: "whole", y: "number", x_title: "step" }, ink);
  const { across, up } = plane;
  // Halfway between two steps one column ends and the next begins.
  const edge = (i: number): number => {
    const [before, after] = [map.steps[i - 1], map.steps[i]];
    if (before === undefined) return across.start;
    return after === undefined ? across.end : across.at((before + after) / 2);
  };
  map.shades.forEach((rows, i) => {
    const [from, to] = [Math.round(edge(i)), Math.round(edge(i + 1))];
    const height = (map.range[1] - map.range[0]) / rows.length;
    rows.forEach((shade, row) => {
      if (shade <= 0) return;
      const bottom = Math.round(up.at(map.range[0] + row * height));
      const top = Math.round(up.at(map.range[0] + (row + 1) * height));
      pen.fillStyle = color(shade);
      pen.fillRect(
        from,
        top,
        Math.max(1, to - from),
        Math.max(1, bottom - top),
      );
    });
  });
}

/** Marks the chosen step, and the one that is pointed at. */
export function paint_marks(
  pen: Pen,
  size: Size,
  ink: Ink,
  map: HeatMap,
  marks: { readonly chosen: number; readonly pointed: number | undefined },
): void {
  const { across, box } = heat_plane(map, size);
  const line = (
    step: number | undefined,
    color: string,
    width: number,
  ): void => {
    if (step === undefined) return;
    const x = Math.round(across.at(step)) + 0.5;
    pen.strokeStyle = ink.panel;
    pen.lineWidth = width + 2;
    pen.setLineDash([]);
    pen.beginPath();
    pen.moveTo(x, box.top);
    pen.lineTo(x, box.bottom);
    pen.stroke();
    pen.strokeStyle = color;
    pen.lineWidth = width;
    pen.stroke();
  };
  const { chosen, pointed } = marks;
  line(map.steps[chosen], ink.cursor, 1.5);
  if (pointed !== chosen && pointed !== undefined)
    line(map.steps[pointed], ink.text_3, 1);
}

/** Bars of a histogram. */
export function paint_bars(
  pen: Pen,
  size: Size,
  ink: Ink,
  bars: {
    readonly low: number;
    readonly high: number;
    readonly weights: readonly number[];
    readonly range: readonly [number, number];
    readonly color: string;
  },
): void {
  const box = box_of(size);
  const most = bars.weights.reduce((most, one) => Math.max(most, one), 0);
  const across = new Scale(
    "linear",
    bars.range[0],
    bars.range[1],
    box.left,
    box.right,
  );
  const up = new Scale("linear", 0, most * 1.05 || 1, box.bottom, box.top);
  draw_axes(
    pen,
    { across, up, box },
    { x: "number", y: "number", x_title: "" },
    ink,
  );
  const width = (bars.high - bars.low) / bars.weights.length;
  pen.fillStyle = bars.color;
  bars.weights.forEach((weight, i) => {
    if (!(weight > 0)) return;
    const from = across.at(bars.low + i * width);
    const to = across.at(bars.low + (i + 1) * width);
    const gap = to - from > 4 ? 1 : 0;
    const top = up.at(weight);
    pen.fillRect(from, top, Math.max(1, to - from - gap), box.bottom - top);
  });
}
