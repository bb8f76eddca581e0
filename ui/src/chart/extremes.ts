// Least and largest of a curve's values, found once: curves are drawn again far more often than they change.

import type { Numbers } from "../math/smooth.ts";

export interface Extremes {
  readonly least: number;
  /** The least above zero: where a log axis may begin. */
  readonly least_positive: number;
  readonly largest: number;
  /** Whether every value is finite. */
  readonly are_finite: boolean;
}

const known = new WeakMap<Numbers, Extremes>();

/** Of the finite values; infinities the wrong way round if there is none. */
export function extremes_of(values: Numbers): Extremes {
  const found = known.get(values);
  if (found) return found;
  let least = Infinity;
  let least_positive = Infinity;
  let largest = -Infinity;
  let are_finite = true;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? NaN;
    if (!(value > -Infinity && value < Infinity)) {
      are_finite = false;
      continue;
    }
    if (value < least) least = value;
    if (value > largest) largest = value;
    if (value > 0 && value < least_positive) least_positive = value;
  }
  const made = { least, least_positive, largest, are_finite };
  known.set(values, made);
  return made;
}
