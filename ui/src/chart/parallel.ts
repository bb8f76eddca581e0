// Parallel coordinates: each run a line across upright axes, by shares of their height.

import type { Ink } from "./curve.ts";
import type { Pen } from "./pen.ts";
import { rimmed_text } from "./pen.ts";
import { RAIL, place_of_share } from "./parallel_plane.ts";
import type {
  ParallelAxis,
  ParallelLine,
  ParallelModel,
  ParallelPlane,
} from "./parallel_plane.ts";

/** Above so many lines they are drawn thin and pale. */
const MANY = 60;

/** Draws lines, then axes above them. */
export function paint_parallel(
  pen: Pen,
  model: ParallelModel,
  plane: ParallelPlane,
  ink: Ink,
): void {
  paint_rail(pen, model, plane, ink);
  const is_many = model.lines.length > MANY;
  const order = [...model.lines].sort(
    (a, b) => Number(a.is_in) - Number(b.is_in),
  );
  for (const line of order) {
    const stands_out = model.has_brush && line.is_in;
    const width = is_many ? (stands_out ? 1.25 : 1) : stands_out ? 2.75 : 1.75;
    const alpha =
      model.has_brush && !line.is_in
        ? is_many
          ? 0.1
          : 0.4
        : is_many
          ? 0.5
          : 0.85;
    if (stands_out && !is_many)
      stroke_line(pen, line, plane, width + 3.5, ink.panel, 1);
    stroke_line(pen, line, plane, width, line.color, alpha);
    if (!is_many) paint_dots(pen, line, plane, ink, alpha);
  }
  model.axes.forEach((axis, i) =>
    paint_axis(pen, axis, plane.xs[i] ?? 0, plane, ink),
  );
  paint_ends(pen, model, plane, ink);
}

/** One line by itself, strong, with its name. */
export function paint_hovered(
  pen: Pen,
  line: ParallelLine,
  plane: ParallelPlane,
  ink: Ink,
): void {
  stroke_line(pen, line, plane, 7, ink.panel, 1);
  stroke_line(pen, line, plane, 3.5, line.color, 1);
  paint_dots(pen, line, plane, ink, 1);
  const y = place_of_share(line.shares[line.shares.length - 1] ?? NaN, plane);
  pen.font = `600 12px ${ink.font}`;
  pen.textAlign = "left";
  pen.textBaseline = "middle";
  pen.fillStyle = line.color;
  rimmed_text(pen, line.label, plane.box.right + 14, y, ink.panel);
}

function stroke_line(
  pen: Pen,
  line: ParallelLine,
  plane: ParallelPlane,
  width: number,
  color: string,
  alpha: number,
): void {
  pen.globalAlpha = alpha;
  pen.strokeStyle = color;
  pen.lineWidth = width;
  pen.lineJoin = "round";
  pen.setLineDash([]);
  pen.beginPath();
  let [x0, y0] = [0, 0];
  plane.xs.forEach((x, i) => {
    const y = place_of_share(line.shares[i] ?? NaN, plane);
    if (i === 0) pen.moveTo(x, y);
    else {
      const bend = (x - x0) * 0.42;
      pen.bezierCurveTo(x0 + bend, y0, x - bend, y, x, y);
    }
    [x0, y0] = [x, y];
  });
  pen.stroke();
  pen.globalAlpha = 1;
}

function paint_dots(
  pen: Pen,
  line: ParallelLine,
  plane: ParallelPlane,
  ink: Ink,
  alpha: number,
): void {
  pen.globalAlpha = Math.max(alpha, 0.6);
  plane.xs.forEach((x, i) => {
    pen.beginPath();
    pen.arc(
      x,
      place_of_share(line.shares[i] ?? NaN, plane),
      3.25,
      0,
      2 * Math.PI,
    );
    pen.fillStyle = line.color;
    pen.fill();
    pen.strokeStyle = ink.panel;
    pen.lineWidth = 1.25;
    pen.stroke();
  });
  pen.globalAlpha = 1;
}

function paint_axis(
  pen: Pen,
  axis: ParallelAxis,
  x: number,
  plane: ParallelPlane,
  ink: Ink,
): void {
  const { box } = plane;
  pen.strokeStyle = ink.axis;
  pen.lineWidth = 1;
  pen.setLineDash([]);
  pen.beginPath();
  pen.moveTo(x, box.top);
  pen.lineTo(x, box.bottom);
  for (const { share } of axis.ticks) {
    const y = place_of_share(share, plane);
    pen.moveTo(x - 4, y);
    pen.lineTo(x + 4, y);
  }
  pen.stroke();
  pen.font = `${axis.is_exact ? "600 " : ""}11px ${ink.font}`;
  pen.textAlign = "right";
  pen.textBaseline = "middle";
  pen.fillStyle = axis.is_exact ? ink.text : ink.text_3;
  for (const { share, label } of axis.ticks) {
    const y = place_of_share(share, plane);
    rimmed_text(pen, label, x - 9, axis.is_exact ? y - 9 : y, ink.panel);
  }
  if (axis.brush) paint_brush(pen, x, axis.brush, plane, ink);
}

export function paint_brush(
  pen: Pen,
  x: number,
  brush: readonly [number, number],
  plane: ParallelPlane,
  ink: Ink,
): void {
  const [top, foot] = [
    place_of_share(brush[1], plane),
    place_of_share(brush[0], plane),
  ];
  pen.globalAlpha = 0.22;
  pen.fillStyle = ink.accent;
  pen.fillRect(x - 9, top, 18, foot - top);
  pen.globalAlpha = 1;
  pen.strokeStyle = ink.accent;
  pen.lineWidth = 1.5;
  pen.beginPath();
  pen.rect(x - 9, top, 18, foot - top);
  pen.stroke();
}

function paint_rail(
  pen: Pen,
  model: ParallelModel,
  plane: ParallelPlane,
  ink: Ink,
): void {
  const is_used = model.lines.some((line) => line.shares.some(Number.isNaN));
  if (!is_used) return;
  const { box } = plane;
  const y = Math.round(box.bottom + RAIL) + 0.5;
  pen.strokeStyle = ink.text_3;
  pen.lineWidth = 1;
  pen.setLineDash([1, 3]);
  pen.beginPath();
  pen.moveTo(box.left - 28, y);
  pen.lineTo(box.right, y);
  pen.stroke();
  pen.setLineDash([]);
  pen.font = `11px ${ink.font}`;
  pen.textAlign = "right";
  pen.textBaseline = "middle";
  pen.fillStyle = ink.text_3;
  pen.fillText("none", box.left - 34, y);
}

const LABEL_ROOM = 15;

/** Names at the ends; lines that end together are counted. */
function paint_ends(
  pen: Pen,
  model: ParallelModel,
  plane: ParallelPlane,
  ink: Ink,
): void {
  if (model.lines.length > MANY && !model.has_brush) return;
  const ends = model.lines
    .filter(
      (line) => !model.has_brush || line.is_in || model.lines.length <= MANY,
    )
    .map((line) => ({
      line,
      y: place_of_share(line.shares[line.shares.length - 1] ?? NaN, plane),
    }))
    .sort((a, b) => a.y - b.y);
  const groups: { y: number; last: number; lines: ParallelLine[] }[] = [];
  for (const { line, y } of ends) {
    const group = groups.at(-1);
    const is_kept_apart =
      model.has_brush && line.is_in !== (group?.lines[0]?.is_in ?? line.is_in);
    const joins =
      group &&
      y - group.last < 8 &&
      !is_kept_apart &&
      (group.lines.length > 1 || !line.is_in || !model.has_brush);
    if (group && joins) {
      group.lines.push(line);
      group.last = y;
    } else groups.push({ y, last: y, lines: [line] });
  }
  let least = plane.box.top;
  pen.textAlign = "left";
  pen.textBaseline = "middle";
  for (const { y, lines } of groups.slice(0, 24)) {
    const words =
      lines.length <= 2
        ? lines.map((line) => line.label)
        : [`${lines.length} runs`];
    words.forEach((text, i) => {
      const line = lines[i];
      if (line === undefined) return;
      const place = Math.max(y + i * LABEL_ROOM, least);
      least = place + LABEL_ROOM;
      const stands_out = line.is_in && lines.length <= 2;
      pen.font = `${stands_out ? "600 " : ""}12px ${ink.font}`;
      pen.fillStyle = line.is_in ? line.color : ink.text_3;
      pen.fillText(text, plane.box.right + 14, place);
    });
  }
}
