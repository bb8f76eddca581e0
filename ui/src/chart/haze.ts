// The picture of densities: where curves run and how many, with their bands, groups laid over one another.
//
// Groups are blended as numbers that are already weighted by how much they cover, column by column as they were
// counted, and become a picture once, at the end.

import type { Density, Quantiles } from "./density.ts";
import { BAND_ALPHAS } from "./density.ts";
import type { Picture, Rgb } from "./picture.ts";
import { blend_room, picture_room } from "./room.ts";

const FAINTEST = 0.1;
const STRONGEST = 0.38;

/** Pixels of one picture, blended group by group; one is made at a time. */
export class Haze implements Picture {
  /** Red, green, blue and cover of each pixel, column by column. */
  private readonly blended: Float32Array;

  constructor(
    readonly columns: number,
    readonly rows: number,
  ) {
    this.blended = blend_room.floats(columns * rows * 4);
  }

  add(density: Density, { lines }: Quantiles, [red, green, blue]: Rgb): void {
    const { haze, box } = density;
    const { blended, rows } = this;
    const alphas = alphas_of(density.most);
    const [p95, p75, , p25, p5] = lines;
    const place = (line: Float32Array, column: number): number =>
      (line[column] ?? NaN) - box.top;
    for (let column = 0; column < this.columns; column++) {
      const from = place(p95, column);
      const to = place(p5, column);
      const inner_from = place(p75, column);
      const inner_to = place(p25, column);
      const start = column * rows;
      // All there is lies between the outermost curves.
      const end = density.ends[column] ?? 0;
      for (let row = density.firsts[column] ?? 0; row < end; row++) {
        const count = haze[start + row] ?? 0;
        let alpha = alphas[count] ?? 0;
        if (row >= from && row <= to) {
          alpha += BAND_ALPHAS[0];
          if (row >= inner_from && row <= inner_to) alpha += BAND_ALPHAS[1];
        } else if (count === 0) continue;
        const at = 4 * (start + row);
        const keep = 1 - alpha;
        blended[at] = red * alpha + (blended[at] ?? 0) * keep;
        blended[at + 1] = green * alpha + (blended[at + 1] ?? 0) * keep;
        blended[at + 2] = blue * alpha + (blended[at + 2] ?? 0) * keep;
        blended[at + 3] = alpha + (blended[at + 3] ?? 0) * keep;
      }
    }
  }

  /** The picture row by row, as a canvas takes it. */
  pixels(): Uint8ClampedArray<ArrayBuffer> {
    const { blended, columns, rows } = this;
    const words = picture_room.ints(columns * rows);
    const out = new Uint8ClampedArray(words.buffer, 0, 4 * words.length);
    for (let column = 0; column < columns; column++) {
      for (let row = 0; row < rows; row++) {
        const at = 4 * (column * rows + row);
        const cover = blended[at + 3] ?? 0;
        if (cover === 0) continue;
        const to = 4 * (row * columns + column);
        out[to] = (blended[at] ?? 0) / cover;
        out[to + 1] = (blended[at + 1] ?? 0) / cover;
        out[to + 2] = (blended[at + 2] ?? 0) / cover;
        out[to + 3] = 255 * cover;
      }
    }
    return out;
  }
}

/** How strong each count is: one curve alone is still seen, many are not a wall. */
function alphas_of(most: number): Float32Array {
  const scale = (STRONGEST - FAINTEST) / Math.log(most + 1);
  return Float32Array.from({ length: most + 1 }, (_, count) =>
    count === 0 ? 0 : FAINTEST + scale * Math.log(count),
  );
}
