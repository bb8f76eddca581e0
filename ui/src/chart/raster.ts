// Very many plain lines as pixels: each is walked column by column (row by row where it is steep) and blended with the
// share of each pixel that it covers. A canvas strokes the same lines several times more slowly, and dashes more slowly
// still; here a dash costs a look into a table.

import type { Box, Curve } from "./curve.ts";
import { DASHES } from "./curve.ts";
import type { Plane } from "./line.ts";
import type { Picture, Rgb } from "./picture.ts";
import { make_polyline, project } from "./polyline.ts";
import type { Polyline } from "./polyline.ts";
import { blend_room, picture_room } from "./room.ts";

/** Places in a dash pattern are looked up in quarters of a pixel. */
const PARTS = 4;
/** Lines that rise less, squared, are drawn as if they were flat: a tenth of their width is not seen. */
const MOST_THIN = 0.5 ** 2;
const line = make_polyline();

/** A picture of a box, in pixels of the screen; one is made at a time. */
export class Raster implements Picture {
  readonly columns: number;
  readonly rows: number;
  /** Red, green, blue and cover in one number, the colours weighted by the cover. */
  private readonly cells: Int32Array;
  /** A colour at each cover from 0 to 256, made when the colour changes. */
  private readonly shades = new Int32Array(257);
  private shade = "";
  private pattern: Uint8Array | undefined;
  /** Where in its pattern a line is, in parts. */
  private phase = 0;

  constructor(
    private readonly box: Box,
    private readonly ratio: number,
  ) {
    this.columns = Math.max(1, Math.round((box.right - box.left) * ratio));
    this.rows = Math.max(1, Math.round((box.bottom - box.top) * ratio));
    this.cells = blend_room.ints(this.columns * this.rows);
  }

  /** Blends a curve's line, one pixel of the page wide. */
  add(curve: Curve, { across, up }: Plane, color: Rgb): void {
    this.take_color(color);
    this.pattern = pattern_of(curve.dash, this.ratio);
    this.phase = 0;
    project(curve.x, curve.y, across, up, line);
    const gap = across.kind === "linear" ? curve.gap * across.factor : Infinity;
    this.walk(line, gap);
  }

  private walk({ xs, ys, length }: Polyline, gap: number): void {
    const { ratio } = this;
    const { left, top } = this.box;
    let x0 = NaN;
    let y0 = NaN;
    for (let i = 0; i < length; i++) {
      const x1 = ((xs[i] ?? NaN) - left) * ratio;
      const y1 = ((ys[i] ?? NaN) - top) * ratio;
      if (x1 - x0 <= gap * ratio && y0 === y0 && y1 === y1) {
        if (Math.abs(y1 - y0) <= Math.max(x1 - x0, 1))
          this.flat(x0, y0, x1, y1);
        else this.steep(x0, y0, x1, y1);
      }
      x0 = x1;
      y0 = y1;
    }
  }

  /** A stretch that is wider than high, or lower than a pixel: each column's middle gets a span. */
  private flat(x0: number, y0: number, x1: number, y1: number): void {
    const { columns, pattern, ratio } = this;
    if (x1 === x0) return;
    const slope = (y1 - y0) / (x1 - x0);
    const first = Math.max(Math.ceil(x0 - 0.5), 0);
    const last = Math.min(Math.ceil(x1 - 0.5), columns);
    const y = y0 + slope * (first + 0.5 - x0);
    if (ratio === 1 && slope * slope < MOST_THIN) {
      this.thin(first, last, y - 0.5, slope, first + 0.5 - x0);
      if (pattern) this.phase += (x1 - x0) * (1 + (slope * slope) / 2);
      return;
    }
    const stride = Math.sqrt(1 + slope * slope);
    const half = Math.min(ratio * stride, ratio + Math.abs(y1 - y0)) / 2;
    const begin = this.phase;
    for (let x = first; x < last; x++) {
      if (pattern && !this.is_on(begin + (x + 0.5 - x0) * stride)) continue;
      const at = y0 + slope * (x + 0.5 - x0);
      this.down(x, at - half, at + half);
    }
    this.phase = begin + (x1 - x0) * stride;
  }

  /** A stretch that hardly rises, one pixel high: each column's span meets two cells. Nearly all lines are made of these. */
  private thin(
    first: number,
    last: number,
    top: number,
    slope: number,
    along: number,
  ): void {
    const { cells, shades, columns, pattern, phase } = this;
    const stride = 1 + (slope * slope) / 2;
    const reach = this.rows - 1;
    let y = top;
    for (let x = first; x < last; x++, y += slope) {
      if (pattern && !this.is_on(phase + (along + x - first) * stride))
        continue;
      if (!(y >= 0 && y < reach)) {
        this.down(x, y, y + 1);
        continue;
      }
      const place = (256 * y) | 0;
      const below = place & 255;
      const cell = (place >>> 8) * columns + x;
      const next = cell + columns;
      cells[cell] = over(shades[256 - below] ?? 0, cells[cell] ?? 0, below);
      cells[next] = over(shades[below] ?? 0, cells[next] ?? 0, 256 - below);
    }
  }

  /** A stretch that is higher than wide: each row's middle gets a span. */
  private steep(x0: number, y0: number, x1: number, y1: number): void {
    const slope = (x1 - x0) / (y1 - y0);
    const stride = Math.sqrt(1 + slope * slope);
    const half = (this.ratio * stride) / 2;
    const first = Math.max(Math.ceil(Math.min(y0, y1) - 0.5), 0);
    const last = Math.min(Math.ceil(Math.max(y0, y1) - 0.5), this.rows);
    const begin = this.phase;
    let x = x0 + slope * (first + 0.5 - y0);
    for (let y = first; y < last; y++, x += slope)
      if (
        this.pattern === undefined ||
        this.is_on(begin + Math.abs(y + 0.5 - y0) * stride)
      )
        this.along(y, x - half, x + half);
    this.phase = begin + Math.abs(y1 - y0) * stride;
  }

  private is_on(place: number): boolean {
    const { pattern } = this;
    if (pattern === undefined) return true;
    return pattern[Math.floor(place * PARTS) % pattern.length] === 1;
  }

  /** Covers part of a column. */
  private down(column: number, from: number, to: number): void {
    const { columns, rows } = this;
    if (to <= 0 || from >= rows) return;
    const begin = from > 0 ? from : 0;
    const end = to < rows ? to : rows;
    let row = begin | 0;
    let cell = row * columns + column;
    while (row < end) {
      const top = row > begin ? row : begin;
      const bottom = row + 1 < end ? row + 1 : end;
      this.blend(cell, (256 * (bottom - top) + 0.5) | 0);
      cell += columns;
      row++;
    }
  }

  /** Covers part of a row. */
  private along(row: number, from: number, to: number): void {
    const { columns } = this;
    if (to <= 0 || from >= columns) return;
    const begin = from > 0 ? from : 0;
    const end = to < columns ? to : columns;
    const start = row * columns;
    for (let column = begin | 0; column < end; column++) {
      const left = column > begin ? column : begin;
      const right = column + 1 < end ? column + 1 : end;
      this.blend(start + column, (256 * (right - left) + 0.5) | 0);
    }
  }

  private blend(cell: number, cover: number): void {
    const above = this.shades[cover] ?? 0;
    this.cells[cell] = over(above, this.cells[cell] ?? 0, 256 - cover);
  }

  private take_color([red, green, blue]: Rgb): void {
    const name = `${red} ${green} ${blue}`;
    if (name === this.shade) return;
    this.shade = name;
    for (let cover = 0; cover <= 256; cover++) {
      const share = cover / 256;
      const word = (value: number): number => Math.floor(value * share);
      this.shades[cover] =
        (word(255) << 24) | (word(blue) << 16) | (word(green) << 8) | word(red);
    }
  }

  /** The picture as a canvas takes it: colours as they are, not weighted. */
  pixels(): Uint8ClampedArray<ArrayBuffer> {
    const { cells } = this;
    const words = picture_room.ints(cells.length);
    const out = new Uint8ClampedArray(words.buffer, 0, 4 * cells.length);
    for (let i = 0; i < cells.length; i++) {
      const cell = cells[i] ?? 0;
      const cover = cell >>> 24;
      if (cover === 0) continue;
      if (cover === 255) {
        words[i] = cell;
        continue;
      }
      const times = 255 / cover;
      out[4 * i] = (cell & 255) * times;
      out[4 * i + 1] = ((cell >>> 8) & 255) * times;
      out[4 * i + 2] = ((cell >>> 16) & 255) * times;
      out[4 * i + 3] = cover;
    }
    return out;
  }
}

/** One cell over another, of which `keep` of 256 shows through; two channels are weighted with one product. */
function over(above: number, below: number, keep: number): number {
  const even = (Math.imul(below & 0xff00ff, keep) >>> 8) & 0xff00ff;
  const odd = Math.imul((below >>> 8) & 0xff00ff, keep) & 0xff00ff00;
  return (above + (even | odd)) | 0;
}

const patterns = new Map<string, Uint8Array>();

/** A dash pattern part by part, 1 where ink is; none for a solid line. */
function pattern_of(dash: number, ratio: number): Uint8Array | undefined {
  const lengths = DASHES[dash % DASHES.length] ?? [];
  if (lengths.length === 0) return undefined;
  const name = `${dash} ${ratio}`;
  const known = patterns.get(name);
  if (known) return known;
  const parts = lengths.flatMap((length, i) =>
    Array<number>(Math.round(length * ratio * PARTS)).fill(i % 2 === 0 ? 1 : 0),
  );
  const made = Uint8Array.from(parts);
  patterns.set(name, made);
  return made;
}
