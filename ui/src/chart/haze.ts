// The picture of densities: where curves run and how many, with their bands, groups laid over one another.

import type { Density, Quantiles } from "./density.ts";
import { BAND_ALPHAS } from "./density.ts";

const FAINTEST = 0.1;
const STRONGEST = 0.38;

/** Pixels of one picture, blended group by group. */
export class Haze {
  readonly pixels: Uint8ClampedArray<ArrayBuffer>;

  constructor(
    readonly columns: number,
    readonly rows: number,
  ) {
    this.pixels = new Uint8ClampedArray(columns * rows * 4);
  }

  add(
    density: Density,
    { lines }: Quantiles,
    [red, green, blue]: readonly [number, number, number],
  ): void {
    const alphas = alphas_of(density.haze);
    const [p95, p75, , p25, p5] = lines;
    const { top } = density.box;
    for (let column = 0; column < this.columns; column++) {
      const [from, to] = [
        (p95[column] ?? NaN) - top,
        (p5[column] ?? NaN) - top,
      ];
      const [inner_from, inner_to] = [
        (p75[column] ?? NaN) - top,
        (p25[column] ?? NaN) - top,
      ];
      let cell = column;
      for (let row = 0; row < this.rows; row++, cell += this.columns) {
        let alpha = alphas[density.haze[cell] ?? 0] ?? 0;
        if (row >= from && row <= to) {
          alpha += BAND_ALPHAS[0];
          if (row >= inner_from && row <= inner_to) alpha += BAND_ALPHAS[1];
        }
        if (alpha > 0) this.blend(4 * cell, red, green, blue, alpha);
      }
    }
  }

  private blend(
    at: number,
    red: number,
    green: number,
    blue: number,
    alpha: number,
  ): void {
    const { pixels } = this;
    const below = ((pixels[at + 3] ?? 0) / 255) * (1 - alpha);
    const all = alpha + below;
    const share = alpha / all;
    pixels[at] = red * share + (pixels[at] ?? 0) * (1 - share);
    pixels[at + 1] = green * share + (pixels[at + 1] ?? 0) * (1 - share);
    pixels[at + 2] = blue * share + (pixels[at + 2] ?? 0) * (1 - share);
    pixels[at + 3] = 255 * all;
  }
}

/** How strong each count is: one curve alone is still seen, many are not a wall. */
function alphas_of(counts: Uint16Array): Float32Array {
  let most = 1;
  for (let i = 0; i < counts.length; i++) {
    const count = counts[i] ?? 0;
    if (count > most) most = count;
  }
  const scale = (STRONGEST - FAINTEST) / Math.log(most + 1);
  return Float32Array.from({ length: most + 1 }, (_, count) =>
    count === 0 ? 0 : FAINTEST + scale * Math.log(count),
  );
}
