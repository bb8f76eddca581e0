// A scatter of runs: a dot each, by shares of both axes.

import type { Box, Ink } from "./curve.ts";
import type { Pen } from "./pen.ts";
import { rimmed_text } from "./pen.ts";

export interface ScatterTick {
  readonly share: number;
  readonly label: string;
}

export interface ScatterDot {
  readonly id: string;
  readonly x: number;
  readonly y: number;
  readonly color: string;
  readonly is_in: boolean;
  readonly label: string;
}

export interface ScatterModel {
  readonly dots: readonly ScatterDot[];
  readonly x_ticks: readonly ScatterTick[];
  readonly y_ticks: readonly ScatterTick[];
  readonly x_title: string;
  readonly y_title: string;
}

/** Up to so many dots are named. */
const MOST_NAMES = 16;

export function scatter_box(width: number, height: number): Box {
  return {
    left: 72,
    top: 30,
    right: Math.max(width - 90, 110),
    bottom: height - 48,
  };
}

export function place_of_dot(dot: ScatterDot, box: Box): [number, number] {
  return [
    box.left + dot.x * (box.right - box.left),
    box.bottom - dot.y * (box.bottom - box.top),
  ];
}

export function paint_scatter(
  pen: Pen,
  model: ScatterModel,
  box: Box,
  ink: Ink,
): void {
  paint_grid(pen, model, box, ink);
  const order = [...model.dots].sort(
    (a, b) => Number(a.is_in) - Number(b.is_in),
  );
  for (const dot of order) paint_dot(pen, dot, box, ink, 5);
  if (order.length > MOST_NAMES) return;
  pen.font = `11px ${ink.font}`;
  pen.textAlign = "left";
  pen.textBaseline = "middle";
  const named: {
    x: number;
    y: number;
    words: string;
    is_in: boolean;
    others: number;
  }[] = [];
  for (const dot of order.slice().reverse()) {
    const [x, y] = place_of_dot(dot, box);
    const near = named.find(
      (one) => Math.abs(one.y - y) < 13 && Math.abs(one.x - x) < 90,
    );
    if (near) near.others++;
    else named.push({ x, y, words: dot.label, is_in: dot.is_in, others: 0 });
  }
  for (const { x, y, words, is_in, others } of named) {
    pen.fillStyle = is_in ? ink.text_2 : ink.text_3;
    rimmed_text(
      pen,
      others > 0 ? `${words} +${others}` : words,
      x + 10,
      y,
      ink.panel,
    );
  }
}

export function paint_dot(
  pen: Pen,
  dot: ScatterDot,
  box: Box,
  ink: Ink,
  radius: number,
): void {
  const [x, y] = place_of_dot(dot, box);
  if (Number.isNaN(x) || Number.isNaN(y)) return;
  pen.globalAlpha = dot.is_in ? 0.92 : 0.25;
  pen.beginPath();
  pen.arc(x, y, radius, 0, 2 * Math.PI);
  pen.fillStyle = dot.color;
  pen.fill();
  pen.strokeStyle = ink.panel;
  pen.lineWidth = 1.5;
  pen.stroke();
  pen.globalAlpha = 1;
}

/** The dot under the pointer, if one is near. */
export function nearest_dot(
  model: ScatterModel,
  box: Box,
  x: number,
  y: number,
): ScatterDot | undefined {
  let best: ScatterDot | undefined;
  let least = 16;
  for (const dot of model.dots) {
    const [dx, dy] = place_of_dot(dot, box);
    const distance = Math.hypot(dx - x, dy - y);
    if (distance < least) {
      least = distance;
      best = dot;
    }
  }
  return best;
}

function paint_grid(pen: Pen, model: ScatterModel, box: Box, ink: Ink): void {
  const x_of = (share: number): number =>
    box.left + share * (box.right - box.left);
  const y_of = (share: number): number =>
    box.bottom - share * (box.bottom - box.top);
  pen.strokeStyle = ink.grid;
  pen.lineWidth = 1;
  pen.setLineDash([]);
  pen.beginPath();
  for (const { share } of model.x_ticks) {
    pen.moveTo(x_of(share), box.top);
    pen.lineTo(x_of(share), box.bottom);
  }
  for (const { share } of model.y_ticks) {
    pen.moveTo(box.left, y_of(share));
    pen.lineTo(box.right, y_of(share));
  }
  pen.stroke();
  pen.strokeStyle = ink.axis;
  pen.beginPath();
  pen.moveTo(box.left, box.top);
  pen.lineTo(box.left, box.bottom);
  pen.lineTo(box.right, box.bottom);
  pen.stroke();
  pen.font = `11px ${ink.font}`;
  pen.fillStyle = ink.text_3;
  pen.textBaseline = "middle";
  pen.textAlign = "right";
  for (const { share, label } of model.y_ticks)
    pen.fillText(label, box.left - 8, y_of(share));
  pen.textAlign = "center";
  for (const { share, label } of model.x_ticks)
    pen.fillText(label, x_of(share), box.bottom + 14);
  pen.font = `600 12px ${ink.font}`;
  pen.fillStyle = ink.text;
  pen.fillText(model.x_title, (box.left + box.right) / 2, box.bottom + 34);
  pen.textAlign = "left";
  pen.fillText(model.y_title, box.left - 48, 12);
}
