// What follows the pointer: cursor, highlighted curves, the readings' dots.

import type { Curve, Ink } from "./curve.ts";
import { dot, draw_curve, draw_dots } from "./line.ts";
import type { Plane } from "./line.ts";
import { reading_at } from "./nearest.ts";
import type { Pen } from "./pen.ts";
import { text_width } from "./pen.ts";

export interface OverlayState {
  /** Where the cursor stands, as a value of x. */
  cursor: number | undefined;
  cursor_text: string;
  hovered: Curve | undefined;
  highlighted: readonly Curve[];
  selecting: [number, number] | undefined;
  selecting_text: string;
}

/** Above so many curves only the hovered one gets a dot. */
const MOST_DOTS = 60;

export function paint_overlay(
  pen: Pen,
  curves: readonly Curve[],
  state: OverlayState,
  plane: Plane,
  ink: Ink,
): void {
  const { box } = plane;
  pen.save();
  pen.beginPath();
  pen.rect(box.left, box.top, box.right - box.left, box.bottom - box.top);
  pen.clip();
  const lit = state.highlighted;
  if (lit.length > 0) {
    pen.globalAlpha = 0.72;
    pen.fillStyle = ink.panel;
    pen.fillRect(box.left, box.top, box.right - box.left, box.bottom - box.top);
    pen.globalAlpha = 1;
    const is_plain = lit.length > 40;
    for (const curve of lit)
      draw_curve(pen, curve, plane, { width: is_plain ? 1 : 2.25, is_plain });
    if (!is_plain)
      for (const curve of lit) draw_dots(pen, curve, plane, ink, 1.75);
  }
  if (state.hovered) {
    draw_curve(
      pen,
      { ...state.hovered, raw: undefined, band: undefined },
      plane,
      { width: 2.75, is_plain: false },
    );
  }
  if (state.selecting)
    paint_selection(pen, state.selecting, state.selecting_text, plane, ink);
  pen.restore();
  if (state.hovered && !state.selecting)
    draw_dots(pen, state.hovered, plane, ink, 2);
  if (state.cursor !== undefined && !state.selecting)
    paint_cursor(pen, curves, state, state.cursor, plane, ink);
}

function paint_cursor(
  pen: Pen,
  curves: readonly Curve[],
  state: OverlayState,
  cursor: number,
  plane: Plane,
  ink: Ink,
): void {
  const { across, box } = plane;
  const x = across.at(cursor);
  if (!(x >= box.left - 1 && x <= box.right + 1)) return;
  pen.strokeStyle = ink.cursor;
  pen.lineWidth = 1;
  pen.setLineDash([2, 3]);
  pen.beginPath();
  pen.moveTo(Math.round(x) + 0.5, box.top);
  pen.lineTo(Math.round(x) + 0.5, box.bottom);
  pen.stroke();
  pen.setLineDash([]);
  if (curves.length <= MOST_DOTS) {
    for (const curve of curves)
      if (curve !== state.hovered)
        paint_reading(pen, curve, cursor, plane, ink, 2.5);
  }
  if (state.hovered) paint_reading(pen, state.hovered, cursor, plane, ink, 4.5);
  const width = text_width(state.cursor_text) + 14;
  const left = Math.max(0, x - width / 2);
  pen.fillStyle = ink.cursor;
  pen.fillRect(left, box.bottom + 7, width, 18);
  pen.font = `600 11px ${ink.font}`;
  pen.fillStyle = ink.panel;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.fillText(state.cursor_text, left + width / 2, box.bottom + 16.5);
}

function paint_reading(
  pen: Pen,
  curve: Curve,
  cursor: number,
  plane: Plane,
  ink: Ink,
  radius: number,
): void {
  const i = reading_at(curve, cursor);
  if (i < 0) return;
  const y = plane.up.at(curve.y[i] ?? NaN);
  if (!(y >= plane.box.top - 1 && y <= plane.box.bottom + 1)) return;
  dot(
    pen,
    plane.across.at(curve.x[i] ?? NaN),
    y,
    radius,
    curve.color,
    ink.panel,
    1.5,
  );
}

function paint_selection(
  pen: Pen,
  range: [number, number],
  text: string,
  { box }: Plane,
  ink: Ink,
): void {
  const [left, right] = range[0] < range[1] ? range : [range[1], range[0]];
  pen.globalAlpha = 0.14;
  pen.fillStyle = ink.accent;
  pen.fillRect(left, box.top, right - left, box.bottom - box.top);
  pen.globalAlpha = 1;
  pen.strokeStyle = ink.accent;
  pen.lineWidth = 1.5;
  pen.beginPath();
  for (const x of [left, right]) {
    pen.moveTo(x, box.top);
    pen.lineTo(x, box.bottom);
  }
  pen.stroke();
  pen.font = `11px ${ink.font}`;
  pen.fillStyle = ink.text_2;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.fillText(text, (left + right) / 2, box.top + 14);
}
