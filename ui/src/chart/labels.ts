// Words at the right ends of curves; curves that end together share them.

import type { Curve, EndLabel, Ink } from "./curve.ts";
import type { Plane } from "./line.ts";
import type { Pen } from "./pen.ts";
import { lower_bound } from "./polyline.ts";

const ROOM = 14;
const MOST = 8;
/** Curves that end earlier than this share of the width have no label at its end. */
const MOST_SHORT = 0.08;

export interface PlacedLabel {
  text: string;
  color: string;
  y: number;
  ids: string[];
}

/** Where each label goes, none above another, or none if they are too many. */
export function place_labels(
  curves: readonly Curve[],
  { across, up, box }: Plane,
): PlacedLabel[] {
  const ends = curves
    .map((curve) => ({
      curve,
      y: end_of(curve, across.low, across.high, (value) => up.at(value)),
    }))
    .filter(
      ({ curve, y }) => curve.label && y >= box.top - 1 && y <= box.bottom + 1,
    )
    .sort((a, b) => a.y - b.y);
  const placed: (PlacedLabel & { last: number; labels: EndLabel[] })[] = [];
  for (const { curve, y } of ends) {
    if (!curve.label) continue;
    const above = placed.at(-1);
    if (above && y - above.last < ROOM - 4) {
      above.labels.push(curve.label);
      above.ids.push(curve.id);
      above.last = y;
      if (curve.dash === 0) above.color = curve.color;
    } else {
      placed.push({
        text: "",
        color: curve.color,
        y,
        last: y,
        labels: [curve.label],
        ids: [curve.id],
      });
    }
  }
  if (placed.length > MOST) return [];
  spread(placed, box.top + 4, box.bottom - 2);
  return placed.map(({ labels, ids, color, y }) => ({
    text: shared_words(labels),
    ids,
    color,
    y,
  }));
}

export function draw_labels(
  pen: Pen,
  placed: readonly PlacedLabel[],
  plane: Plane,
  ink: Ink,
  strong?: string,
): void {
  pen.textAlign = "left";
  pen.textBaseline = "middle";
  for (const label of placed) {
    const is_strong = strong !== undefined && label.ids.includes(strong);
    pen.font = `${is_strong ? "600 " : ""}11px ${ink.font}`;
    pen.fillStyle = label.color;
    pen.fillText(label.text, plane.box.right + 8, label.y);
  }
}

/** What labels have in common, and briefly what they have not. */
export function shared_words(labels: readonly EndLabel[]): string {
  const prefixes = words(labels, "prefix");
  const heads = words(labels, "head");
  const tails = words(labels, "tail");
  const prefix = prefixes.length === 1 ? prefixes : [];
  const tail = heads.length === 1 && tails.length === 1 ? tails : [];
  const said =
    heads.length > 2
      ? `${heads.slice(0, 2).join(", ")} +${heads.length - 2}`
      : heads.join(", ");
  return [...prefix, said, ...tail].filter((word) => word !== "").join(" ");
}

function words(labels: readonly EndLabel[], part: keyof EndLabel): string[] {
  return [...new Set(labels.map((label) => label[part]))].filter(
    (word) => word !== "",
  );
}

function end_of(
  curve: Curve,
  low: number,
  high: number,
  at: (value: number) => number,
): number {
  let i = lower_bound(curve.x, high);
  if (i >= curve.x.length || (curve.x[i] ?? NaN) > high) i--;
  while (i >= 0 && !Number.isFinite(curve.y[i] ?? NaN)) i--;
  const at_least = Math.max(low, high - (high - low) * MOST_SHORT);
  if (i < 0 || (curve.x[i] ?? NaN) < at_least) return NaN;
  return at(curve.y[i] ?? NaN);
}

function spread(placed: { y: number }[], top: number, bottom: number): void {
  let least = top;
  for (const label of placed) {
    label.y = Math.max(label.y, least);
    least = label.y + ROOM;
  }
  let most = bottom;
  for (const label of placed.slice().reverse()) {
    label.y = Math.min(label.y, most);
    most = label.y - ROOM;
  }
}
