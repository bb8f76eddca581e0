// Draws a whole chart with a pen: the same picture for the page's canvas and for exports.

import { draw_axes, draw_reference_words, draw_references } from "./axes.ts";
import type { Box, Curve, Ink, Reference } from "./curve.ts";
import { Density, draw_bands, draw_median } from "./density.ts";
import { Haze } from "./haze.ts";
import { extremes_of } from "./extremes.ts";
import type { PlacedLabel } from "./labels.ts";
import { draw_labels, place_labels } from "./labels.ts";
import { draw_broken, draw_curve, draw_dots } from "./line.ts";
import type { Plane } from "./line.ts";
import type { Pen } from "./pen.ts";
import type { Surface } from "./picture.ts";
import { rimmed_text } from "./pen.ts";
import { Raster } from "./raster.ts";
import type { ScaleKind } from "./scale.ts";
import type { TickStyle } from "./ticks.ts";
import { lower_bound } from "./polyline.ts";

export interface AxisModel {
  kind: ScaleKind;
  style: TickStyle;
  title: string;
  /** The whole range of x; of y only where it was chosen. */
  low?: number | undefined;
  high?: number | undefined;
}

export interface PlotModel {
  curves: readonly Curve[];
  x: AxisModel;
  y: AxisModel;
  references: readonly Reference[];
  /** Room for words at the right ends, in pixels. */
  label_width: number;
  /** Draws every curve, however many there are. */
  has_all_lines: boolean;
}

/** Above so many curves they are drawn as a density, the pinned ones on top. */
export const DENSITY_FROM = 50;
const MOST_COLORS = 6;

export interface Split {
  lines: readonly Curve[];
  /** Curves of one colour each; empty if every curve is drawn as a line. */
  groups: readonly { color: string; curves: Curve[] }[];
}

/** Which curves are drawn as lines, and which as a density. */
export function split(model: PlotModel, ink: Ink): Split {
  const { curves } = model;
  const pinned = curves.filter((curve) => curve.is_pinned);
  if (model.has_all_lines || curves.length - pinned.length <= DENSITY_FROM) {
    return { lines: curves, groups: [] };
  }
  const groups = new Map<string, Curve[]>();
  for (const curve of curves) {
    if (curve.is_pinned) continue;
    const group = groups.get(curve.color);
    if (group) group.push(curve);
    else groups.set(curve.color, [curve]);
  }
  const list =
    groups.size <= MOST_COLORS
      ? [...groups].map(([color, curves]) => ({ color, curves }))
      : [{ color: ink.accent, curves: [...groups.values()].flat() }];
  return { lines: pinned, groups: list };
}

/** What lies under the curves: grid, axis labels, references. */
export function paint_ground(
  pen: Pen,
  model: PlotModel,
  plane: Plane,
  ink: Ink,
): void {
  draw_axes(
    pen,
    plane,
    { x: model.x.style, y: model.y.style, x_title: model.x.title },
    ink,
  );
  draw_references(pen, plane, model.references, ink);
}

export interface Painted {
  labels: PlacedLabel[];
}

/** The curves, or their density, and what is written on them; on a surface very many of them as pixels. */
export function paint_curves(
  pen: Pen,
  model: PlotModel,
  plane: Plane,
  ink: Ink,
  surface?: Surface,
): void {
  const { lines, groups } = split(model, ink);
  const { box } = plane;
  pen.save();
  pen.beginPath();
  pen.rect(box.left, box.top, box.right - box.left, box.bottom - box.top);
  pen.clip();
  paint_densities(pen, groups, plane, surface);
  const is_plain = lines.length > DENSITY_FROM;
  const width = is_plain ? 1 : 1.75;
  const ordered = [...lines].sort(
    (a, b) => Number(a.dash === 0) - Number(b.dash === 0),
  );
  if (is_plain && surface) paint_pixels(ordered, plane, surface);
  else
    for (const curve of ordered)
      draw_curve(pen, curve, plane, { width, is_plain });
  pen.restore();
  if (!is_plain)
    for (const curve of ordered) draw_dots(pen, curve, plane, ink, width);
  paint_words(pen, model, plane, ink, groups.length > 0);
}

function paint_pixels(
  curves: readonly Curve[],
  plane: Plane,
  surface: Surface,
): void {
  const raster = new Raster(plane.box, surface.ratio);
  for (const curve of curves)
    raster.add(curve, plane, surface.read(curve.color));
  surface.lay(raster);
}

/** Bands and medians; on a canvas as one picture of pixels, else as shapes. */
function paint_densities(
  pen: Pen,
  groups: Split["groups"],
  plane: Plane,
  surface: Surface | undefined,
): void {
  if (groups.length === 0) return;
  const density = new Density(plane.box, plane.across, plane.up);
  const haze = surface && new Haze(density.columns, density.rows);
  const drawn = groups.map(({ color, curves }) => {
    density.clear();
    for (const curve of curves) density.add(curve);
    const quantiles = density.quantiles();
    haze?.add(density, quantiles, surface?.read(color) ?? [128, 128, 128]);
    return { color, quantiles };
  });
  if (haze) surface?.lay(haze);
  for (const { color, quantiles } of drawn) {
    if (!haze) draw_bands(pen, quantiles, color);
    draw_median(pen, quantiles, color, plane);
  }
}

function paint_words(
  pen: Pen,
  model: PlotModel,
  plane: Plane,
  ink: Ink,
  is_density: boolean,
): void {
  draw_reference_words(pen, plane, model.references, ink);
  const broken = model.curves.filter((curve) => curve.broken !== undefined);
  if (broken.length <= 6) {
    for (const curve of broken) draw_broken(pen, curve, plane, ink);
  }
  const words: string[] = [];
  if (is_density) {
    const drawn = model.curves.filter((curve) => !curve.is_pinned).length;
    words.push(`${drawn} curves: median, 25–75, 5–95 %`);
  }
  if (broken.length > 6) words.push(`✕ ${broken.length} curves reach NaN or ∞`);
  const above = count_above(model.curves, plane);
  if (above.count > 0)
    words.push(
      `▲ ${above.count} ${above.count === 1 ? "point" : "points"} above: up to ${above.most}`,
    );
  pen.font = `11px ${ink.font}`;
  pen.textAlign = "right";
  pen.textBaseline = "middle";
  pen.fillStyle = ink.text_2;
  words.forEach((text, i) =>
    rimmed_text(
      pen,
      text,
      plane.box.right - 4,
      plane.box.top + 9 + 15 * i,
      ink.panel,
    ),
  );
}

/** Points in view along x whose value lies above the picture. */
function count_above(
  curves: readonly Curve[],
  { across, up }: Plane,
): { count: number; most: string } {
  let count = 0;
  let most = -Infinity;
  for (const { x, y, raw } of curves) {
    const values = raw ?? y;
    if (extremes_of(values).largest <= up.high) continue;
    for (
      let i = lower_bound(x, across.low);
      i < x.length && (x[i] ?? NaN) <= across.high;
      i++
    ) {
      const value = values[i] ?? NaN;
      if (value > up.high && value < Infinity) {
        count++;
        if (value > most) most = value;
      }
    }
  }
  return { count, most: String(Number(most.toPrecision(3))) };
}

/** Labels at the ends of curves; on the ground, outside of the plot's box. */
export function paint_labels(
  pen: Pen,
  model: PlotModel,
  plane: Plane,
  ink: Ink,
  strong?: string,
): void {
  const { lines } = split(model, ink);
  if (lines.length > DENSITY_FROM || model.label_width === 0) return;
  draw_labels(pen, place_labels(lines, plane), plane, ink, strong);
}

/** The part of a chart of this size that curves are drawn in. */
export function box_of(width: number, height: number, model: PlotModel): Box {
  const right = Math.max(width - Math.max(model.label_width, 16), 60);
  return { left: 44, top: 10, right, bottom: Math.max(height - 26, 30) };
}
