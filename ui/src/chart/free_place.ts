// Where a reading may stand without covering a curve.

import type { Curve } from "./curve.ts";
import type { Plane } from "./line.ts";
import { make_polyline, project } from "./polyline.ts";

const COLUMNS = 24;
const ROWS = 18;
const MOST_CURVES = 200;

/** How much of a chart is covered, in a coarse grid. */
export class FreePlace {
  private readonly cells = new Uint16Array(COLUMNS * ROWS);
  private readonly sums = new Uint16Array((COLUMNS + 1) * (ROWS + 1));

  constructor(
    curves: readonly Curve[],
    private readonly plane: Plane,
  ) {
    const line = make_polyline();
    const stride = Math.max(1, Math.ceil(curves.length / MOST_CURVES));
    for (let c = 0; c < curves.length; c += stride) {
      const curve = curves[c];
      if (!curve) continue;
      project(curve.x, curve.y, plane.across, plane.up, line);
      for (let i = 0; i + 1 < line.length; i++) {
        this.cover(
          line.xs[i] ?? NaN,
          line.ys[i] ?? NaN,
          line.xs[i + 1] ?? NaN,
          line.ys[i + 1] ?? NaN,
        );
      }
    }
    this.add_up();
  }

  /** The left top of the emptiest place of this size, not too far from `x, y`. */
  find(width: number, height: number, x: number, y: number): [number, number] {
    const { box } = this.plane;
    let best: [number, number] = [box.left + 8, box.top + 8];
    let least = Infinity;
    const across = Math.max(0, box.right - box.left - width - 8);
    const down = Math.max(0, box.bottom - box.top - height - 8);
    for (let i = 0; i <= 8; i++) {
      for (let j = 0; j <= 6; j++) {
        const left = box.left + 4 + (across * i) / 8;
        const top = box.top + 4 + (down * j) / 6;
        const hits =
          x > left - 14 &&
          x < left + width + 14 &&
          y > top - 14 &&
          y < top + height + 14;
        const far =
          Math.hypot(left + width / 2 - x, top + height / 2 - y) / 400;
        const cost =
          this.sum(left, top, width, height) + far + (hits ? 1000 : 0);
        if (cost < least) {
          least = cost;
          best = [left, top];
        }
      }
    }
    return best;
  }

  private cover(x0: number, y0: number, x1: number, y1: number): void {
    if (Number.isNaN(y0) || Number.isNaN(y1)) return;
    const { box } = this.plane;
    const width = (box.right - box.left) / COLUMNS;
    const height = (box.bottom - box.top) / ROWS;
    const steps = Math.min(
      40,
      1 +
        Math.floor(
          Math.max(Math.abs(x1 - x0) / width, Math.abs(y1 - y0) / height),
        ),
    );
    for (let k = 0; k <= steps; k++) {
      const column = Math.floor(
        (x0 + ((x1 - x0) * k) / steps - box.left) / width,
      );
      const row = Math.floor((y0 + ((y1 - y0) * k) / steps - box.top) / height);
      if (column < 0 || column >= COLUMNS || row < 0 || row >= ROWS) continue;
      this.cells[row * COLUMNS + column] = 1;
    }
  }

  /** How many covered cells a rectangle touches, from the sums of all that lie above and left. */
  private sum(
    left: number,
    top: number,
    width: number,
    height: number,
  ): number {
    const { box } = this.plane;
    const column = (x: number): number =>
      Math.floor(((x - box.left) / (box.right - box.left)) * COLUMNS);
    const row = (y: number): number =>
      Math.floor(((y - box.top) / (box.bottom - box.top)) * ROWS);
    const clamp = (value: number, most: number): number =>
      Math.max(0, Math.min(most, value));
    const from = clamp(column(left), COLUMNS);
    const to = clamp(column(left + width) + 1, COLUMNS);
    const first = clamp(row(top), ROWS);
    const last = clamp(row(top + height) + 1, ROWS);
    const at = (r: number, c: number): number =>
      this.sums[r * (COLUMNS + 1) + c] ?? 0;
    return at(last, to) - at(first, to) - at(last, from) + at(first, from);
  }

  private add_up(): void {
    for (let r = 0; r < ROWS; r++) {
      let of_row = 0;
      for (let c = 0; c < COLUMNS; c++) {
        of_row += this.cells[r * COLUMNS + c] ?? 0;
        const below = (r + 1) * (COLUMNS + 1) + c + 1;
        this.sums[below] = (this.sums[below - COLUMNS - 1] ?? 0) + of_row;
      }
    }
  }
}
