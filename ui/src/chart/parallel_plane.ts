// Where parallel axes and lines stand, and which line is under the pointer.

import type { Box } from "./curve.ts";

export interface ParallelAxis {
  readonly id: string;
  /** Where values are: from 0 at the foot to 1 at the top. */
  readonly ticks: readonly { readonly share: number; readonly label: string }[];
  /** Whether its ticks are all the values there are, said in bold. */
  readonly is_exact: boolean;
  /** The brushed part, low end first. */
  readonly brush: readonly [number, number] | undefined;
}

export interface ParallelLine {
  readonly id: string;
  /** A share for each axis; NaN is on the rail of what is missing. */
  readonly shares: Float32Array;
  readonly color: string;
  readonly is_in: boolean;
  /** Said at the line's end. */
  readonly label: string;
}

export interface ParallelModel {
  readonly axes: readonly ParallelAxis[];
  readonly lines: readonly ParallelLine[];
  readonly has_brush: boolean;
}

/** How far below the axes the rail of what is missing runs. */
export const RAIL = 18;

export interface ParallelPlane {
  readonly box: Box;
  readonly xs: readonly number[];
}

/** Where axes stand in a chart of this size. */
export function parallel_plane(
  model: ParallelModel,
  width: number,
  height: number,
): ParallelPlane {
  const box = {
    left: 70,
    top: 12,
    right: Math.max(width - 150, 120),
    bottom: height - 34,
  };
  const n = model.axes.length;
  const step = n > 1 ? (box.right - box.left) / (n - 1) : 0;
  return { box, xs: model.axes.map((_, i) => box.left + i * step) };
}

export function place_of_share(share: number, { box }: ParallelPlane): number {
  return Number.isNaN(share)
    ? box.bottom + RAIL
    : box.bottom - share * (box.bottom - box.top);
}

export function share_of_place(y: number, { box }: ParallelPlane): number {
  return Math.max(0, Math.min(1, (box.bottom - y) / (box.bottom - box.top)));
}

/** The line that passes nearest to a place, if one is near. */
export function nearest_line(
  model: ParallelModel,
  plane: ParallelPlane,
  x: number,
  y: number,
): ParallelLine | undefined {
  const { xs } = plane;
  const i = Math.max(
    1,
    xs.findIndex((at) => at >= x),
  );
  const [x0, x1] = [xs[i - 1] ?? 0, xs[i] ?? 1];
  const t = Math.max(0, Math.min(1, (x - x0) / (x1 - x0)));
  let best: ParallelLine | undefined;
  let least = 14;
  for (const line of model.lines) {
    const y0 = place_of_share(line.shares[i - 1] ?? NaN, plane);
    const y1 = place_of_share(
      line.shares[i] ?? line.shares[i - 1] ?? NaN,
      plane,
    );
    const distance =
      Math.abs(y0 + (y1 - y0) * ease(t) - y) +
      (model.has_brush && !line.is_in ? 4 : 0);
    if (distance < least) {
      least = distance;
      best = line;
    }
  }
  return best;
}

/** The height of the drawn bend at a share of its width. */
function ease(t: number): number {
  // The bend's x is 3·0.42·u(1−u)² + 3·0.58·u²(1−u) + u³; a few steps of Newton's method find u.
  let u = t;
  for (let k = 0; k < 4; k++) {
    const x = 3 * 0.42 * u * (1 - u) ** 2 + 3 * 0.58 * u * u * (1 - u) + u ** 3;
    const slope =
      3 * 0.42 * (1 - u) ** 2 + 6 * 0.16 * u * (1 - u) + 3 * 0.42 * u * u;
    u = Math.max(0, Math.min(1, u - (x - t) / slope));
  }
  return u * u * (3 - 2 * u);
}
