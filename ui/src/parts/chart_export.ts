// A chart as a file: PNG, SVG, or its numbers.

import type { Ink } from "../chart/curve.ts";
import { ink_of } from "../chart/curve.ts";
import type { Plane } from "../chart/line.ts";
import { paint_curves, paint_ground, paint_labels } from "../chart/paint.ts";
import type { PlotModel } from "../chart/paint.ts";
import type { Pen } from "../chart/pen.ts";
import { plane_of } from "../chart/plane.ts";
import { SvgPen } from "../chart/svg_pen.ts";
import { resolved_model } from "./resolved_model.ts";

const WIDTH = 960;
const HEIGHT = 540;
const HEAD = 32;
const SHARP = 2;

type Range = readonly [number, number] | undefined;

/** Offers `bytes` to be kept as a file. */
export function download(name: string, bytes: Blob): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(bytes);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

export function export_svg(
  title: string,
  model: PlotModel,
  range: Range,
): void {
  const pen = new SvgPen(WIDTH, HEIGHT);
  paint(pen, title, model, range);
  download(
    `${file_name(title)}.svg`,
    new Blob([pen.document(title)], { type: "image/svg+xml" }),
  );
}

export function export_png(
  title: string,
  model: PlotModel,
  range: Range,
): void {
  const canvas = document.createElement("canvas");
  canvas.width = WIDTH * SHARP;
  canvas.height = HEIGHT * SHARP;
  const pen = canvas.getContext("2d");
  if (pen === null) return;
  pen.scale(SHARP, SHARP);
  paint(pen, title, model, range);
  canvas.toBlob((bytes) => {
    if (bytes !== null) download(`${file_name(title)}.png`, bytes);
  });
}

export function export_csv(title: string, lines: Iterable<string>): void {
  const text = [...lines].join("\n");
  download(
    `${file_name(title)}.csv`,
    new Blob([`${text}\n`], { type: "text/csv" }),
  );
}

/** A cell of CSV, quoted where it must be. */
export function csv_cell(value: string | number): string {
  const text = String(value);
  return /[",\n\r]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
}

function paint(pen: Pen, title: string, given: PlotModel, range: Range): void {
  const root = document.documentElement;
  const ink: Ink = ink_of(root);
  const model = resolved_model(given, root);
  pen.fillStyle = ink.panel;
  pen.fillRect(0, 0, WIDTH, HEIGHT);
  pen.font = `600 13px ${ink.font}`;
  pen.fillStyle = ink.text;
  pen.textBaseline = "middle";
  pen.textAlign = "left";
  pen.fillText(title, 16, HEAD / 2 + 2);
  const small = plane_of(
    model,
    WIDTH,
    HEIGHT - HEAD,
    range && [range[0], range[1]],
  );
  const plane = lowered(small, HEAD);
  paint_ground(pen, model, plane, ink);
  paint_curves(pen, model, plane, ink);
  paint_labels(pen, model, plane, ink);
}

function lowered({ across, up, box }: Plane, by: number): Plane {
  return {
    across,
    up: up.with_ends(up.start + by, up.end + by),
    box: { ...box, top: box.top + by, bottom: box.bottom + by },
  };
}

function file_name(title: string): string {
  return title.replace(/[^\w.-]+/g, "_").replace(/^_+|_+$/g, "") || "chart";
}
