// Which field moves a result: how much of its spread lies between the field's values, not within them.
//
// Results are taken by rank, so that one run that went astray does not decide it.

import type { FieldValue } from "./group.ts";
import { key_of } from "./group.ts";

/** The share (0 to 1) of the spread of `results` that groups of equal `values` explain, adjusted for their number. Who
 *  has no value or no result does not count. */
export function importance(
  values: readonly (FieldValue | undefined)[],
  results: readonly number[],
): number {
  const known = values.flatMap((value, i) =>
    value === undefined ? [] : [{ value, result: results[i] ?? NaN }],
  );
  const keys = group_keys(known.map((one) => one.value));
  const kept = known.flatMap(({ result }, i) =>
    Number.isFinite(result) ? [{ key: keys[i] ?? "", result }] : [],
  );
  const n = kept.length;
  if (n < 3) return 0;
  const order = ranks(kept.map((one) => one.result));
  const mean = (n - 1) / 2;
  const groups = new Map<string, { n: number; sum: number }>();
  let total = 0;
  kept.forEach(({ key }, i) => {
    const rank = order[i] ?? 0;
    total += (rank - mean) ** 2;
    const group = groups.get(key) ?? { n: 0, sum: 0 };
    group.n++;
    group.sum += rank;
    groups.set(key, group);
  });
  if (total === 0 || groups.size < 2 || groups.size >= n) return 0;
  let between = 0;
  for (const group of groups.values())
    between += group.n * (group.sum / group.n - mean) ** 2;
  const unexplained = ((total - between) / (n - groups.size)) * (n - 1);
  return Math.max(0, Math.min(1, 1 - unexplained / total));
}

const MOST_GROUPS = 10;
const RANGES = 5;

/** Equal values are a group; of very many numbers, ranges with equally many runs are. */
function group_keys(values: readonly FieldValue[]): string[] {
  const own = values.map((value) => key_of([value]));
  const are_numbers = values.every((value) => typeof value === "number");
  if (!are_numbers || new Set(own).size <= MOST_GROUPS) return own;
  const order = ranks(values.map(Number));
  return order.map((rank) =>
    String(Math.floor((rank * RANGES) / order.length)),
  );
}

/** Spearman's rank correlation of pairs of finite numbers; NaN below three pairs. */
export function rank_correlation(
  a: readonly number[],
  b: readonly number[],
): number {
  const pairs = a.flatMap((value, i) => {
    const other = b[i] ?? NaN;
    return Number.isFinite(value) && Number.isFinite(other)
      ? [[value, other] as const]
      : [];
  });
  if (pairs.length < 3) return NaN;
  const ra = ranks(pairs.map((pair) => pair[0]));
  const rb = ranks(pairs.map((pair) => pair[1]));
  const mean = (pairs.length - 1) / 2;
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < pairs.length; i++) {
    const da = (ra[i] ?? 0) - mean;
    const db = (rb[i] ?? 0) - mean;
    ab += da * db;
    aa += da * da;
    bb += db * db;
  }
  return aa > 0 && bb > 0 ? ab / Math.sqrt(aa * bb) : NaN;
}

/** The rank of each value from 0; equal values share their mean rank. */
export function ranks(values: readonly number[]): number[] {
  const order = values.map((_, i) => i);
  order.sort((i, j) => (values[i] ?? 0) - (values[j] ?? 0));
  const out = new Array<number>(values.length).fill(0);
  for (let from = 0; from < order.length;) {
    let to = from + 1;
    while (
      to < order.length &&
      values[order[to] ?? 0] === values[order[from] ?? 0]
    )
      to++;
    for (let i = from; i < to; i++) out[order[i] ?? 0] = (from + to - 1) / 2;
    from = to;
  }
  return out;
}
