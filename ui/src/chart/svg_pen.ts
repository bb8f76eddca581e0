// A pen that writes SVG, for exports that stay sharp.

import type { Pen } from "./pen.ts";

interface State {
  strokeStyle: Pen["strokeStyle"];
  fillStyle: Pen["fillStyle"];
  lineWidth: number;
  lineJoin: CanvasLineJoin;
  lineCap: CanvasLineCap;
  globalAlpha: number;
  font: string;
  textAlign: CanvasTextAlign;
  textBaseline: CanvasTextBaseline;
  dash: readonly number[];
  depth: number;
}

export class SvgPen implements Pen {
  strokeStyle: Pen["strokeStyle"] = "#000";
  fillStyle: Pen["fillStyle"] = "#000";
  lineWidth = 1;
  lineJoin: CanvasLineJoin = "miter";
  lineCap: CanvasLineCap = "butt";
  globalAlpha = 1;
  font = "11px sans-serif";
  textAlign: CanvasTextAlign = "start";
  textBaseline: CanvasTextBaseline = "alphabetic";
  private dash: readonly number[] = [];
  private path: string[] = [];
  private readonly out: string[] = [];
  private readonly saved: State[] = [];
  private clips = 0;
  private depth = 0;

  constructor(
    private readonly width: number,
    private readonly height: number,
  ) {}

  /** The picture so far as a whole document. */
  document(title: string): string {
    const size = `width="${this.width}" height="${this.height}" viewBox="0 0 ${this.width} ${this.height}"`;
    const close = "</g>".repeat(this.depth);
    return `<svg xmlns="http://www.w3.org/2000/svg" ${size}><title>${escaped(title)}</title>${this.out.join("")}${close}</svg>\n`;
  }

  beginPath(): void {
    this.path = [];
  }
  moveTo(x: number, y: number): void {
    this.path.push(`M${short(x)} ${short(y)}`);
  }
  lineTo(x: number, y: number): void {
    this.path.push(
      `${this.path.length === 0 ? "M" : "L"}${short(x)} ${short(y)}`,
    );
  }
  bezierCurveTo(
    ax: number,
    ay: number,
    bx: number,
    by: number,
    x: number,
    y: number,
  ): void {
    this.path.push(
      `C${short(ax)} ${short(ay)} ${short(bx)} ${short(by)} ${short(x)} ${short(y)}`,
    );
  }
  /** Whole circles only: nothing here draws another arc. */
  arc(x: number, y: number, radius: number): void {
    const r = short(radius);
    const [left, right] = [short(x - radius), short(x + radius)];
    this.path.push(
      `M${left} ${short(y)}A${r} ${r} 0 1 1 ${right} ${short(y)}A${r} ${r} 0 1 1 ${left} ${short(y)}Z`,
    );
  }
  rect(x: number, y: number, width: number, height: number): void {
    this.path.push(
      `M${short(x)} ${short(y)}h${short(width)}v${short(height)}h${short(-width)}Z`,
    );
  }
  closePath(): void {
    this.path.push("Z");
  }

  stroke(): void {
    const dash =
      this.dash.length > 0 ? ` stroke-dasharray="${this.dash.join(" ")}"` : "";
    const join = ` stroke-linejoin="${this.lineJoin}" stroke-linecap="${this.lineCap}"`;
    const ink = `stroke="${escaped(String(this.strokeStyle))}" stroke-width="${short(this.lineWidth)}"`;
    this.out.push(
      `<path d="${this.path.join("")}" fill="none" ${ink}${dash}${join}${this.alpha()}/>`,
    );
  }
  fill(): void {
    const ink = `fill="${escaped(String(this.fillStyle))}"`;
    this.out.push(`<path d="${this.path.join("")}" ${ink}${this.alpha()}/>`);
  }
  fillRect(x: number, y: number, width: number, height: number): void {
    this.beginPath();
    this.rect(x, y, width, height);
    this.fill();
  }
  fillText(text: string, x: number, y: number): void {
    this.write(text, x, y, `fill="${escaped(String(this.fillStyle))}"`);
  }
  strokeText(text: string, x: number, y: number): void {
    const ink = `stroke="${escaped(String(this.strokeStyle))}" stroke-width="${short(this.lineWidth)}"`;
    this.write(
      text,
      x,
      y,
      `fill="none" stroke-linejoin="${this.lineJoin}" ${ink}`,
    );
  }
  setLineDash(dash: Iterable<number>): void {
    this.dash = [...dash];
  }

  save(): void {
    const {
      strokeStyle,
      fillStyle,
      lineWidth,
      lineJoin,
      lineCap,
      globalAlpha,
      font,
      textAlign,
      textBaseline,
    } = this;
    const { dash, depth } = this;
    this.saved.push({
      strokeStyle,
      fillStyle,
      lineWidth,
      lineJoin,
      lineCap,
      globalAlpha,
      font,
      textAlign,
      textBaseline,
      dash,
      depth,
    });
  }
  restore(): void {
    const state = this.saved.pop();
    if (!state) return;
    const { depth, ...rest } = state;
    for (; this.depth > depth; this.depth--) this.out.push("</g>");
    Object.assign(this, rest);
  }
  clip(): void {
    const id = `clip${this.clips++}`;
    this.out.push(
      `<clipPath id="${id}"><path d="${this.path.join("")}"/></clipPath><g clip-path="url(#${id})">`,
    );
    this.depth++;
  }

  private alpha(): string {
    return this.globalAlpha < 1 ? ` opacity="${short(this.globalAlpha)}"` : "";
  }

  private write(text: string, x: number, y: number, ink: string): void {
    const anchor = {
      left: "start",
      start: "start",
      center: "middle",
      right: "end",
      end: "end",
    }[this.textAlign];
    const shift = {
      middle: "0.35em",
      top: "0.8em",
      hanging: "0.8em",
      bottom: "-0.2em",
      ideographic: "0",
      alphabetic: "0",
    }[this.textBaseline];
    const font = escaped(this.font);
    this.out.push(
      `<text x="${short(x)}" y="${short(y)}" dy="${shift}" text-anchor="${anchor}" style="font:${font}" ${ink}${this.alpha()}>${escaped(text)}</text>`,
    );
  }
}

function short(value: number): string {
  return String(Math.round(value * 100) / 100);
}

function escaped(text: string): string {
  return text
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/>/g, "&gt;")
    .replace(/"/g, "&quot;");
}
