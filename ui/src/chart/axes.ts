// Grid lines, axis labels and reference lines, under the curves.

import type { Box, Ink, Reference } from "./curve.ts";
import type { Plane } from "./line.ts";
import type { Scale } from "./scale.ts";
import type { Pen } from "./pen.ts";
import { rimmed_text, text_width } from "./pen.ts";
import { ticks } from "./ticks.ts";
import type { Tick, TickStyle } from "./ticks.ts";

export interface AxisStyle {
  x: TickStyle;
  y: TickStyle;
  /** Said before the first label, as in “epoch 0”. */
  x_title: string;
}

/** What stands beside the vertical axis of a box. */
export function ticks_beside(up: Scale, box: Box, style: TickStyle): Tick[] {
  return ticks(up, Math.max(2, Math.floor((box.bottom - box.top) / 40)), style);
}

export function draw_axes(
  pen: Pen,
  plane: Plane,
  style: AxisStyle,
  ink: Ink,
): void {
  const { across, up, box } = plane;
  const crisp = (place: number): number => Math.round(place) + 0.5;
  const wide = style.x === "time" ? 110 : 70;
  const beside = ticks_beside(up, box, style.y);
  const below = ticks(
    across,
    Math.max(2, Math.floor((box.right - box.left) / wide)),
    style.x,
  );
  pen.setLineDash([]);
  pen.lineWidth = 1;
  pen.strokeStyle = ink.grid;
  pen.beginPath();
  for (const { value } of beside) {
    pen.moveTo(box.left, crisp(up.at(value)));
    pen.lineTo(box.right, crisp(up.at(value)));
  }
  for (const { value } of below) {
    pen.moveTo(crisp(across.at(value)), box.top);
    pen.lineTo(crisp(across.at(value)), box.bottom);
  }
  pen.stroke();
  pen.strokeStyle = ink.axis;
  pen.beginPath();
  pen.moveTo(box.left, crisp(box.bottom));
  pen.lineTo(box.right, crisp(box.bottom));
  pen.stroke();
  pen.font = `11px ${ink.font}`;
  pen.fillStyle = ink.text_3;
  pen.textBaseline = "middle";
  pen.textAlign = "right";
  for (const { value, label } of beside)
    pen.fillText(label, box.left - 8, up.at(value));
  pen.textAlign = "center";
  below.forEach(({ value, label }, i) => {
    const text =
      i === 0 && style.x_title !== "" ? `${style.x_title} ${label}` : label;
    const half = text_width(text) / 2;
    const x = Math.min(
      Math.max(across.at(value), half + 2),
      box.right + 12 - (i > 0 ? half / 4 : 0),
    );
    pen.fillText(text, x, box.bottom + 16);
  });
}

/** Dotted lines at values that mean something. */
export function draw_references(
  pen: Pen,
  plane: Plane,
  references: readonly Reference[],
  ink: Ink,
): void {
  const { up, box } = plane;
  for (const { value } of references) {
    const y = Math.round(up.at(value)) + 0.5;
    if (!(y > box.top && y < box.bottom)) continue;
    pen.strokeStyle = ink.text_3;
    pen.lineWidth = 1;
    pen.lineCap = "round";
    pen.setLineDash([1, 3]);
    pen.beginPath();
    pen.moveTo(box.left, y);
    pen.lineTo(box.right, y);
    pen.stroke();
    pen.setLineDash([]);
  }
}

/** What reference lines mean, in words below them at the right. */
export function draw_reference_words(
  pen: Pen,
  plane: Plane,
  references: readonly Reference[],
  ink: Ink,
): void {
  const { up, box } = plane;
  for (const { value, text } of references) {
    const y = up.at(value);
    if (!(y > box.top && y < box.bottom)) continue;
    pen.font = `11px ${ink.font}`;
    pen.textAlign = "right";
    pen.textBaseline = "middle";
    pen.fillStyle = ink.text_2;
    rimmed_text(
      pen,
      text,
      box.right - 4,
      y + 15 < box.bottom ? y + 15 : y - 12,
      ink.panel,
    );
  }
}
