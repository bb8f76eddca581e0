// One canvas of a chart, sharp on any screen.

import type { Box } from "./curve.ts";
import type { Picture, Rgb } from "./picture.ts";

/** Canvases grow in such steps, in pixels of the page: a new one at each pixel of a resized window costs most of a redraw. */
const STEP = 64;

export class Layer {
  readonly pen: CanvasRenderingContext2D;
  private readonly canvas: HTMLCanvasElement;
  private width = 0;
  private height = 0;
  private ratio = 0;
  private shifted = 0;

  /** An opaque layer hides what is under it, which spares the browser to blend both in every frame; one without a host is
   *  not seen, and lent to others. */
  constructor(host: HTMLElement | undefined, is_opaque = false) {
    this.canvas = document.createElement("canvas");
    this.canvas.className = "chart-layer";
    this.canvas.setAttribute("aria-hidden", "true");
    const pen = this.canvas.getContext("2d", { alpha: !is_opaque });
    if (!pen) throw new Error("this browser gives no canvas to draw on");
    this.pen = pen;
    host?.append(this.canvas);
  }

  remove(): void {
    this.canvas.remove();
  }

  /** Makes room for a picture of this size, which keeps its pixels unless the canvas must grow or shrink a lot. */
  resize(width: number, height: number): void {
    const ratio = window.devicePixelRatio || 1;
    this.width = width;
    this.height = height;
    const across = Math.ceil(width / STEP) * STEP;
    const down = Math.ceil(height / STEP) * STEP;
    const { canvas } = this;
    const columns = Math.round(across * ratio);
    const rows = Math.round(down * ratio);
    if (
      ratio === this.ratio &&
      canvas.width === columns &&
      canvas.height === rows
    )
      return;
    this.ratio = ratio;
    canvas.width = columns;
    canvas.height = rows;
    canvas.style.width = `${across}px`;
    canvas.style.height = `${down}px`;
    this.pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  }

  clear(): void {
    this.pen.clearRect(0, 0, this.width, this.height);
  }

  fill(color: string): void {
    this.pen.fillStyle = color;
    this.pen.fillRect(0, 0, this.width, this.height);
  }

  /** Whether the layer is seen by itself; what is drawn on it stays. */
  set is_shown(is_shown: boolean) {
    this.canvas.style.display = is_shown ? "" : "none";
  }

  /** Lays another layer of this size over this one. */
  lay_layer({ canvas }: Layer): void {
    this.pen.drawImage(
      canvas,
      0,
      0,
      canvas.width / this.ratio,
      canvas.height / this.ratio,
    );
  }

  /** Moves the finished picture sideways, and cuts it at the box. */
  shift(by: number, box?: Box): void {
    if (by === this.shifted) return;
    this.shifted = by;
    const { style } = this.canvas;
    style.transform = by === 0 ? "" : `translateX(${by}px)`;
    const across = Math.ceil(this.width / STEP) * STEP;
    style.clipPath =
      by === 0 || !box
        ? ""
        : `inset(0 ${across - box.right + by}px 0 ${box.left - by}px)`;
  }

  /** Pixels of the screen for one of the page. */
  get pixel_ratio(): number {
    return this.ratio;
  }

  /** Lays a picture over a box, where nothing is drawn yet. */
  lay(picture: Picture, { left, top, right, bottom }: Box): void {
    const { columns, rows } = picture;
    const { ratio } = this;
    const image = new ImageData(picture.pixels(), columns, rows);
    const [x, y] = [left * ratio, top * ratio];
    const fits =
      columns === (right - left) * ratio && rows === (bottom - top) * ratio;
    if (fits && Number.isInteger(x) && Number.isInteger(y)) {
      this.pen.putImageData(image, x, y);
      return;
    }
    const canvas = document.createElement("canvas");
    canvas.width = columns;
    canvas.height = rows;
    canvas.getContext("2d")?.putImageData(image, 0, 0);
    this.pen.drawImage(canvas, left, top, right - left, bottom - top);
  }
}

const colors = new Map<string, Rgb>();

/** Red, green and blue of any colour that the browser knows. */
export function rgb_of(color: string): Rgb {
  const known = colors.get(color);
  if (known) return known;
  const canvas = document.createElement("canvas");
  canvas.width = 1;
  canvas.height = 1;
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  if (!pen) return [128, 128, 128];
  pen.fillStyle = color;
  pen.fillRect(0, 0, 1, 1);
  const [red = 128, green = 128, blue = 128] = pen.getImageData(
    0,
    0,
    1,
    1,
  ).data;
  colors.set(color, [red, green, blue]);
  return [red, green, blue];
}
