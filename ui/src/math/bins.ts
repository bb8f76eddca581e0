// Histograms: put on common rows, and summed up.

export interface Histogram {
  readonly low: number;
  readonly high: number;
  readonly weights: readonly number[];
}

/** What a histogram comes to. */
export interface Summary {
  readonly total: number;
  readonly mean: number;
  readonly deviation: number;
}

/** Whether a histogram has a range and a weight that can be drawn. */
export function is_drawable({ low, high, weights }: Histogram): boolean {
  return (
    Number.isFinite(low) &&
    Number.isFinite(high) &&
    low <= high &&
    weights.some((weight) => weight > 0 && Number.isFinite(weight))
  );
}

/** A weight as it counts: what is negative or no number counts nothing. */
export function counted(weight: number | undefined): number {
  return weight !== undefined && weight > 0 && Number.isFinite(weight)
    ? weight
    : 0;
}

/** The least and the largest edge of those that can be drawn. */
export function range_of(
  histograms: readonly Histogram[],
): readonly [number, number] | undefined {
  const drawable = histograms.filter(is_drawable);
  if (drawable.length === 0) return undefined;
  let [low, high] = [Infinity, -Infinity];
  for (const one of drawable) {
    low = Math.min(low, one.low);
    high = Math.max(high, one.high);
  }
  const room = Math.abs(low) * 0.1 || 1;
  return low < high ? [low, high] : [low - room, high + room];
}

/** How much of a histogram's weight lies in each of `n_rows` rows from `low` to `high`, the lowest first; together 1. */
export function rows_of(
  histogram: Histogram,
  [low, high]: readonly [number, number],
  n_rows: number,
): Float64Array {
  const rows = new Float64Array(n_rows);
  if (!is_drawable(histogram)) return rows;
  const { weights } = histogram;
  const total = weights.reduce((sum, weight) => sum + counted(weight), 0);
  const height = (high - low) / n_rows;
  const width = (histogram.high - histogram.low) / weights.length;
  weights.forEach((weight, i) => {
    const share = counted(weight) / total;
    if (share === 0) return;
    const from = (histogram.low + i * width - low) / height;
    const to = (histogram.low + (i + 1) * width - low) / height;
    const first = Math.max(0, Math.min(n_rows - 1, Math.floor(from)));
    const last = Math.max(first, Math.min(n_rows - 1, Math.ceil(to) - 1));
    for (let row = first; row <= last; row++) {
      const part = Math.min(to, row + 1) - Math.max(from, row);
      const of_bin = to > from ? part / (to - from) : 1;
      rows[row] = (rows[row] ?? 0) + share * Math.max(0, Math.min(1, of_bin));
    }
  });
  return rows;
}

/** Sum, mean and deviation, each bin taken at its middle. */
export function summary_of(histogram: Histogram): Summary {
  const { low, high, weights } = histogram;
  const width = (high - low) / Math.max(1, weights.length);
  let [total, sum, squares] = [0, 0, 0];
  weights.forEach((weight, i) => {
    const middle = low + (i + 0.5) * width;
    total += counted(weight);
    sum += counted(weight) * middle;
    squares += counted(weight) * middle * middle;
  });
  const mean = sum / total;
  return {
    total,
    mean,
    deviation: Math.sqrt(Math.max(0, squares / total - mean * mean)),
  };
}

/** Where a share of a row stands from 0 to 1 between nothing and the largest, evenly or by its logarithm over three
 *  powers of ten. */
export function shade_of(
  share: number,
  most: number,
  scale: "linear" | "log",
): number {
  if (!(share > 0) || !(most > 0)) return 0;
  if (scale === "linear") return Math.min(1, share / most);
  return Math.max(0.02, Math.min(1, 1 + Math.log10(share / most) / 3));
}
