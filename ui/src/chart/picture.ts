// A picture made pixel by pixel, and the canvas that it is laid on.

/** Red, green and blue, 0 to 255. */
export type Rgb = readonly [number, number, number];

export interface Picture {
  readonly columns: number;
  readonly rows: number;
  /** Row by row, four numbers a pixel: red, green, blue, cover. To be used before the next picture is made. */
  pixels(): Uint8ClampedArray<ArrayBuffer>;
}

/** What takes pictures; an export into shapes has none. */
export interface Surface {
  /** Pixels of the screen for one of the page. */
  readonly ratio: number;
  /** Lays a picture over the box that curves are drawn in. */
  lay(picture: Picture): void;
  /** A colour as numbers. */
  read(color: string): Rgb;
}
