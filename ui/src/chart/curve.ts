// What the chart draws: curves, and the inks of the theme they are drawn in.

import type { Numbers } from "../math/smooth.ts";

export interface Curve {
  /** One for each curve of a chart; hover and highlight speak of it. */
  id: string;
  /** Ascending; `y` and the others are read beside it. */
  x: Numbers;
  y: Numbers;
  /** What was measured, drawn thin behind `y` where that was smoothed. */
  raw?: Numbers | undefined;
  /** Both ends of a band around `y`. */
  band?: { low: Numbers; high: Numbers } | undefined;
  color: string;
  /** 0 is solid, the others are patterns of `DASHES`. */
  dash: number;
  has_dots: boolean;
  /** The point that is drawn filled. */
  best?: number | undefined;
  /** Said at the curve's end. Curves that end together share one label. */
  label?: EndLabel | undefined;
  /** Said beside the mark where values stop being finite. */
  broken?: string | undefined;
  /** Neighbours further apart than this are joined by dots. */
  gap: number;
  /** Drawn on top where most curves are drawn as a density. */
  is_pinned?: boolean | undefined;
}

/** A label in two parts: what tells curves of one `head` apart is `tail`. */
export interface EndLabel {
  prefix: string;
  head: string;
  tail: string;
}

/** A dashed line across the chart at a value that means something. */
export interface Reference {
  value: number;
  text: string;
}

export const DASHES: readonly (readonly number[])[] = [
  [],
  [5, 4],
  [1.5, 3],
  [9, 3, 2, 3],
  [12, 5],
  [2, 2, 6, 2],
];

export interface Ink {
  panel: string;
  grid: string;
  axis: string;
  cursor: string;
  text: string;
  text_2: string;
  text_3: string;
  accent: string;
  failed: string;
  font: string;
}

/** A rectangle in the chart's pixels. */
export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** The inks of the theme around `element`. */
export function ink_of(element: Element): Ink {
  const style = getComputedStyle(element);
  const read = (name: string, fallback: string): string =>
    style.getPropertyValue(name).trim() || fallback;
  return {
    panel: read("--panel", "#fff"),
    grid: read("--grid", "#eceef2"),
    axis: read("--axis", "#b9c0ca"),
    cursor: read("--cursor", "#3b4350"),
    text: read("--text", "#16191e"),
    text_2: read("--text-2", "#4a5260"),
    text_3: read("--text-3", "#636b79"),
    accent: read("--accent", "#2b5bd7"),
    failed: read("--failed", "#c02626"),
    font: read("--font", "sans-serif"),
  };
}

/** Turns colours as style sheets write them into ones that a canvas knows. */
export class CssColors {
  private readonly known = new Map<string, string>();
  private readonly style: CSSStyleDeclaration;

  constructor(private readonly element: Element) {
    this.style = getComputedStyle(element);
  }

  resolve(color: string): string {
    const known = this.known.get(color);
    if (known !== undefined) return known;
    const found = this.read(color);
    this.known.set(color, found);
    return found;
  }

  private read(color: string): string {
    const name = /^var\((--[\w-]+)\)$/.exec(color)?.[1];
    if (name !== undefined) {
      return this.style.getPropertyValue(name).trim() || color;
    }
    if (!color.includes("var(")) return color;
    const probe = document.createElement("i");
    probe.style.color = color;
    this.element.append(probe);
    const found = getComputedStyle(probe).color;
    probe.remove();
    return found;
  }
}
