// Smoothing of one curve: a running mean that knows how far apart its points are, and a centred moving average.
//
// Both measure distance along x, not in points, so that a sampled curve, or one whose logging paused, is smoothed as
// the whole curve would be. Values that are not finite stay where they are and take no part in means.

export type Smoothing =
  | { kind: "none" }
  | { kind: "ema"; weight: number }
  | { kind: "mean"; window: number };

/** Numbers in a row, of either width. */
export type Numbers = Float64Array | Float32Array;

/**
 * The smoothed values of the curve `(x, y)`, one for each point.
 *
 * `spacing` is the distance along x that counts as one point: the weight of
 * the mean fades by `weight` over it, and a window is that many spacings wide.
 */
export function smooth(
  x: Numbers,
  y: Numbers,
  how: Smoothing,
  spacing: number,
): Float64Array {
  switch (how.kind) {
    case "none":
      return Float64Array.from(y);
    case "ema":
      return running_mean(x, y, how.weight, spacing);
    case "mean":
      return moving_mean(x, y, (how.window * spacing) / 2);
  }
}

/**
 * The spacing for which one strength of smoothing looks alike on every curve:
 * the mean distance of neighbours, as if no curve had above `most` points.
 */
export function typical_spacing(x: Numbers, count: number, most = 400): number {
  const first = x[0] ?? 0;
  const last = x[x.length - 1] ?? 0;
  const gaps = Math.min(Math.max(count, x.length) - 1, most);
  return gaps > 0 && last > first ? (last - first) / gaps : 1;
}

function running_mean(
  x: Numbers,
  y: Numbers,
  weight: number,
  spacing: number,
): Float64Array {
  const out = new Float64Array(y.length);
  let sum = 0;
  let share = 0;
  let before = NaN;
  let keep = weight;
  let last_step = NaN;
  for (let i = 0; i < y.length; i++) {
    const value = y[i] ?? NaN;
    if (!Number.isFinite(value)) {
      out[i] = value;
      continue;
    }
    const at = x[i] ?? NaN;
    const step = at - before;
    if (step !== last_step) {
      last_step = step;
      keep =
        step === step ? Math.pow(weight, Math.max(step, 0) / spacing) : weight;
    }
    sum = keep * sum + (1 - keep) * value;
    share = keep * share + (1 - keep);
    before = at;
    out[i] = share > 0 ? sum / share : value;
  }
  return out;
}

/** Means over `x ± half`, the half shortened alike on both sides near an end. */
function moving_mean(x: Numbers, y: Numbers, half: number): Float64Array {
  const sums = new Float64Array(y.length + 1);
  const counts = new Uint32Array(y.length + 1);
  for (let i = 0; i < y.length; i++) {
    const value = y[i] ?? NaN;
    const counted = Number.isFinite(value);
    sums[i + 1] = (sums[i] ?? 0) + (counted ? value : 0);
    counts[i + 1] = (counts[i] ?? 0) + (counted ? 1 : 0);
  }
  const first = x[0] ?? 0;
  const last = x[x.length - 1] ?? 0;
  const out = new Float64Array(y.length);
  let low = 0;
  let high = 0;
  for (let i = 0; i < y.length; i++) {
    const value = y[i] ?? NaN;
    const at = x[i] ?? NaN;
    const reach = Math.min(half, at - first, last - at);
    while (low > 0 && (x[low - 1] ?? NaN) >= at - reach) low--;
    while (low < i && (x[low] ?? NaN) < at - reach) low++;
    if (high < i + 1) high = i + 1;
    while (high < x.length && (x[high] ?? NaN) <= at + reach) high++;
    while (high > i + 1 && (x[high - 1] ?? NaN) > at + reach) high--;
    const n = (counts[high] ?? 0) - (counts[low] ?? 0);
    const sum = (sums[high] ?? 0) - (sums[low] ?? 0);
    out[i] = Number.isFinite(value) && n > 0 ? sum / n : value;
  }
  return out;
}
