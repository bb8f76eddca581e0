// One canvas of a chart, sharp on any screen.

import type { Box } from "./curve.ts";
import type { Density } from "./density.ts";

export class Layer {
  readonly pen: CanvasRenderingContext2D;
  private readonly canvas: HTMLCanvasElement;
  private width = 0;
  private height = 0;
  private ratio = 0;
  private shifted = 0;

  constructor(host: HTMLElement) {
    this.canvas = document.createElement("canvas");
    this.canvas.className = "chart-layer";
    this.canvas.setAttribute("aria-hidden", "true");
    const pen = this.canvas.getContext("2d");
    if (!pen) throw new Error("this browser gives no canvas to draw on");
    this.pen = pen;
    host.append(this.canvas);
  }

  remove(): void {
    this.canvas.remove();
  }

  resize(width: number, height: number): void {
    const ratio = window.devicePixelRatio || 1;
    if (width === this.width && height === this.height && ratio === this.ratio)
      return;
    this.width = width;
    this.height = height;
    this.ratio = ratio;
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    this.canvas.style.width = `${width}px`;
    this.canvas.style.height = `${height}px`;
    this.pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  }

  clear(): void {
    this.pen.clearRect(0, 0, this.width, this.height);
  }

  /** Moves the finished picture sideways, and cuts it at the box. */
  shift(by: number, box?: Box): void {
    if (by === this.shifted) return;
    this.shifted = by;
    const { style } = this.canvas;
    style.transform = by === 0 ? "" : `translateX(${by}px)`;
    style.clipPath =
      by === 0 || !box
        ? ""
        : `inset(0 ${this.width - box.right + by}px 0 ${box.left - by}px)`;
  }

  /** Lays the haze of a density over its box. */
  haze(density: Density, color: string): void {
    const [red, green, blue] = rgb_of(color);
    const canvas = document.createElement("canvas");
    canvas.width = density.columns;
    canvas.height = density.rows;
    canvas
      .getContext("2d")
      ?.putImageData(density.image(red, green, blue), 0, 0);
    const { left, top, right, bottom } = density.box;
    this.pen.drawImage(canvas, left, top, right - left, bottom - top);
  }
}

/** Red, green and blue of any colour that the browser knows. */
function rgb_of(color: string): [number, number, number] {
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
  return [red, green, blue];
}
