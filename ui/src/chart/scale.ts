// From a value to its place on an axis, and back.
//
// A scale never changes: zooming and moving make new ones. Values that have no place, such as zero on a logarithmic
// axis, are at NaN.

export type ScaleKind = "linear" | "log";

export class Scale {
  /** The place of `v` is `offset + factor * v`, or of its logarithm. */
  readonly offset: number;
  readonly factor: number;

  constructor(
    readonly kind: ScaleKind,
    readonly low: number,
    readonly high: number,
    readonly start: number,
    readonly end: number,
  ) {
    const from = this.bend(low);
    const width = this.bend(high) - from;
    this.factor = width === 0 ? 0 : (end - start) / width;
    this.offset = width === 0 ? (start + end) / 2 : start - this.factor * from;
  }

  /** The value on the even axis: itself, or its logarithm. */
  bend(value: number): number {
    if (this.kind === "linear") return value;
    return value > 0 ? Math.log(value) : NaN;
  }

  at(value: number): number {
    return this.offset + this.factor * this.bend(value);
  }

  invert(place: number): number {
    if (this.factor === 0) return this.low;
    const even = (place - this.offset) / this.factor;
    return this.kind === "linear" ? even : Math.exp(even);
  }

  /** The same axis with what lies `by` places further at its start. */
  moved(by: number): Scale {
    return this.with_domain(
      this.invert(this.start + by),
      this.invert(this.end + by),
    );
  }

  /** The same axis, seen `times` as large around a place that stays. */
  zoomed(times: number, around: number): Scale {
    const low = this.invert(around - (around - this.start) / times);
    const high = this.invert(around + (this.end - around) / times);
    return this.with_domain(low, high);
  }

  with_domain(low: number, high: number): Scale {
    return new Scale(this.kind, low, high, this.start, this.end);
  }

  with_ends(start: number, end: number): Scale {
    return new Scale(this.kind, this.low, this.high, start, end);
  }

  has(value: number): boolean {
    return value >= this.low && value <= this.high;
  }
}

/** How many times the least a range must span to be drawn on a log axis. */
export const LOG_FROM = 30;

/** Whether values from `least` to `largest` are better read on a log axis. */
export function wants_log(least: number, largest: number): boolean {
  return least > 0 && largest / least > LOG_FROM;
}

/** Values beyond are out of view: a range from one end to the other must be a number too. */
const MOST = Number.MAX_VALUE / 2.5;

/**
 * A range with some room around it, so that no line touches the frame; a
 * range without width, or without values, becomes one that can be drawn.
 */
export function padded(
  kind: ScaleKind,
  least: number,
  largest: number,
  share = 0.04,
): [number, number] {
  if (!(least <= largest)) return kind === "log" ? [1, 10] : [0, 1];
  if (kind === "log") {
    const low = least > 0 ? least : largest > 0 ? largest / 1000 : 1;
    const high = largest > low ? largest : low;
    const room = high > low ? Math.pow(high / low, share) : 1.5;
    return [low / room, high * room];
  }
  const low = Math.max(-MOST, Math.min(MOST, least));
  const high = Math.max(-MOST, Math.min(MOST, largest));
  const width = high - low;
  const room = width > 0 ? width * share : Math.abs(low) * 0.1 || 1;
  return [low - room, high + room];
}
