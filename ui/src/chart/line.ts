// Draws one curve: its band, what was measured behind it, the line, its dots and marks.

import type { Numbers } from "../math/smooth.ts";
import type { Box, Curve, Ink } from "./curve.ts";
import { DASHES } from "./curve.ts";
import type { Pen } from "./pen.ts";
import { rimmed_text, text_width } from "./pen.ts";
import { lower_bound, make_polyline, project } from "./polyline.ts";
import type { Polyline } from "./polyline.ts";
import type { Scale } from "./scale.ts";

export interface Plane {
  across: Scale;
  up: Scale;
  box: Box;
}

export interface Stroke {
  /** Pixels; a whole curve is 1.75, a hovered one 2.75. */
  width: number;
  /** Many curves are drawn without rounds, dots, bands and ghosts. */
  is_plain: boolean;
}

/** Lines of more points are drawn without round corners. */
const MOST_ROUND = 250;

const line = make_polyline();

export function draw_curve(
  pen: Pen,
  curve: Curve,
  plane: Plane,
  stroke: Stroke,
): void {
  const { across, up } = plane;
  if (!stroke.is_plain) {
    if (curve.band) draw_band(pen, curve, curve.band, plane);
    if (curve.raw) draw_ghost(pen, curve, curve.raw, plane);
  }
  project(curve.x, curve.y, across, up, line);
  const is_dashed = curve.dash > 0;
  pen.strokeStyle = curve.color;
  pen.lineWidth =
    is_dashed && stroke.width > 1 ? stroke.width - 0.25 : stroke.width;
  // Where points are a few pixels apart a rounded corner looks like a cut one, and costs several times as much.
  const is_dense = stroke.is_plain || line.length > MOST_ROUND;
  pen.lineJoin = is_dense ? "bevel" : "round";
  pen.lineCap = is_dashed || is_dense ? "butt" : "round";
  pen.setLineDash([...(DASHES[curve.dash % DASHES.length] ?? [])]);
  const gap = across.kind === "linear" ? curve.gap * across.factor : Infinity;
  stroke_line(pen, line, gap, false);
  pen.setLineDash([]);
  if (stroke.is_plain) return;
  pen.setLineDash([1, 4]);
  pen.lineCap = "round";
  stroke_line(pen, line, gap, true);
  pen.setLineDash([]);
}

/** Strokes the stretches of a line, or instead the gaps between them. */
function stroke_line(
  pen: Pen,
  { xs, ys, length }: Polyline,
  gap: number,
  gaps: boolean,
): void {
  pen.beginPath();
  let any = false;
  let x0 = NaN;
  let y0 = NaN;
  let broken = true;
  for (let i = 0; i < length; i++) {
    const x = xs[i] ?? NaN;
    const y = ys[i] ?? NaN;
    if (x !== x || y !== y) {
      broken = true;
      continue;
    }
    const is_gap = x0 === x0 && (broken || x - x0 > gap);
    if (gaps) {
      if (is_gap) {
        pen.moveTo(x0, y0);
        pen.lineTo(x, y);
        any = true;
      }
    } else if (broken || is_gap) pen.moveTo(x, y);
    else {
      pen.lineTo(x, y);
      any = true;
    }
    broken = false;
    x0 = x;
    y0 = y;
  }
  if (any) pen.stroke();
}

function draw_ghost(
  pen: Pen,
  curve: Curve,
  raw: Numbers,
  { across, up }: Plane,
): void {
  project(curve.x, raw, across, up, line);
  pen.globalAlpha = 0.22;
  pen.strokeStyle = curve.color;
  pen.lineWidth = 1;
  pen.lineJoin = "bevel";
  pen.lineCap = "butt";
  pen.setLineDash([]);
  stroke_line(
    pen,
    line,
    across.kind === "linear" ? curve.gap * across.factor : Infinity,
    false,
  );
  pen.globalAlpha = 1;
}

function draw_band(
  pen: Pen,
  curve: Curve,
  band: { low: Numbers; high: Numbers },
  { across, up, box }: Plane,
): void {
  const clamp = (y: number): number =>
    Math.max(
      box.top - 9,
      Math.min(box.bottom + 9, Number.isNaN(y) ? box.bottom : y),
    );
  pen.fillStyle = curve.color;
  pen.globalAlpha = 0.16;
  const n = curve.x.length;
  for (let i = 0; i < n; i++) {
    if (!Number.isFinite(band.high[i] ?? NaN)) continue;
    let end = i;
    while (end < n && Number.isFinite(band.high[end] ?? NaN)) end++;
    pen.beginPath();
    for (let j = i; j < end; j++)
      pen.lineTo(
        across.at(curve.x[j] ?? NaN),
        clamp(up.at(band.high[j] ?? NaN)),
      );
    for (let j = end - 1; j >= i; j--)
      pen.lineTo(
        across.at(curve.x[j] ?? NaN),
        clamp(up.at(band.low[j] ?? NaN)),
      );
    pen.closePath();
    pen.fill();
    i = end;
  }
  pen.globalAlpha = 1;
}

/** Dots on every point, the best one filled. */
export function draw_dots(
  pen: Pen,
  curve: Curve,
  { across, up, box }: Plane,
  ink: Ink,
  width: number,
): void {
  if (!curve.has_dots) return;
  const first = lower_bound(curve.x, across.low);
  pen.setLineDash([]);
  for (
    let i = first;
    i < curve.x.length && (curve.x[i] ?? NaN) <= across.high;
    i++
  ) {
    const x = across.at(curve.x[i] ?? NaN);
    const y = up.at(curve.y[i] ?? NaN);
    if (!(y >= box.top - 1 && y <= box.bottom + 1)) continue;
    const is_best = i === curve.best;
    dot(
      pen,
      x,
      y,
      is_best ? 4 : 3,
      is_best ? curve.color : ink.panel,
      is_best ? ink.panel : curve.color,
      width,
    );
  }
}

export function dot(
  pen: Pen,
  x: number,
  y: number,
  r: number,
  fill: string,
  rim: string,
  width: number,
): void {
  pen.beginPath();
  pen.arc(x, y, r, 0, 2 * Math.PI);
  pen.fillStyle = fill;
  pen.fill();
  pen.strokeStyle = rim;
  pen.lineWidth = Math.min(width, 1.75);
  pen.stroke();
}

/** ✕ where a curve first has a value that is not finite, with its words. */
export function draw_broken(
  pen: Pen,
  curve: Curve,
  { across, up, box }: Plane,
  ink: Ink,
): void {
  const at = first_broken(curve);
  if (at < 0) return;
  const x = across.at(curve.x[at] ?? NaN);
  if (!(x >= box.left && x <= box.right)) return;
  let y = NaN;
  for (let i = at - 1; i >= 0 && !Number.isFinite(y); i--)
    y = up.at(curve.y[i] ?? NaN);
  y = Math.max(
    box.top + 8,
    Math.min(
      box.bottom - 8,
      Number.isFinite(y) ? y : (box.top + box.bottom) / 2,
    ),
  );
  pen.setLineDash([]);
  pen.strokeStyle = ink.failed;
  pen.lineWidth = 2;
  pen.lineCap = "round";
  pen.beginPath();
  pen.moveTo(x - 4, y - 4);
  pen.lineTo(x + 4, y + 4);
  pen.moveTo(x + 4, y - 4);
  pen.lineTo(x - 4, y + 4);
  pen.stroke();
  if (!curve.broken) return;
  const fits = x + 10 + text_width(curve.broken) < box.right;
  pen.font = `600 11px ${ink.font}`;
  pen.textAlign = fits ? "left" : "right";
  pen.textBaseline = "middle";
  pen.fillStyle = ink.failed;
  rimmed_text(pen, curve.broken, fits ? x + 10 : x - 10, y, ink.panel);
}

function first_broken(curve: Curve): number {
  const values = curve.raw ?? curve.y;
  if (curve.broken === undefined) return -1;
  for (let i = 0; i < values.length; i++)
    if (!Number.isFinite(values[i] ?? NaN)) return i;
  return -1;
}
