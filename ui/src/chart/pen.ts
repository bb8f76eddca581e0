// What drawing needs of a canvas. A canvas's context fits as it is; `SvgPen` takes the same calls down as SVG, so that
// an export is the same picture.

export type Pen = Pick<
  CanvasRenderingContext2D,
  | "strokeStyle"
  | "fillStyle"
  | "lineWidth"
  | "lineJoin"
  | "lineCap"
  | "globalAlpha"
  | "font"
  | "textAlign"
  | "textBaseline"
  | "beginPath"
  | "moveTo"
  | "lineTo"
  | "bezierCurveTo"
  | "arc"
  | "rect"
  | "closePath"
  | "stroke"
  | "fill"
  | "fillRect"
  | "fillText"
  | "strokeText"
  | "setLineDash"
  | "save"
  | "restore"
  | "clip"
>;

/** The width of a text in pixels, about; exact is not needed to place labels. */
export function text_width(text: string, size = 11): number {
  return text.length * size * 0.56;
}

/** A text with a rim in the colour of the ground, so that lines do not cut it. */
export function rimmed_text(
  pen: Pen,
  text: string,
  x: number,
  y: number,
  rim: string,
): void {
  pen.strokeStyle = rim;
  pen.lineWidth = 4;
  pen.lineJoin = "round";
  pen.setLineDash([]);
  pen.strokeText(text, x, y);
  pen.fillText(text, x, y);
}
