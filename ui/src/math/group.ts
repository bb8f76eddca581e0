// Items gathered by what they have in common: the groups that colours, dashes and charts stand for.

/** What a field of a run or a series may hold; `null` is “none”. */
export type FieldValue = string | number | boolean | null;

export interface Group<T> {
  /** One for each set of values; equal values give equal keys. */
  key: string;
  values: readonly FieldValue[];
  items: T[];
}

/** Groups of `items` with equal fields, in the order of their values. */
export function group<T>(
  items: Iterable<T>,
  fields: readonly ((item: T) => FieldValue)[],
): Group<T>[] {
  const groups = new Map<string, Group<T>>();
  for (const item of items) {
    const values = fields.map((field) => field(item));
    const key = key_of(values);
    const known = groups.get(key);
    if (known) known.items.push(item);
    else groups.set(key, { key, values, items: [item] });
  }
  return [...groups.values()].sort((a, b) => compare_all(a.values, b.values));
}

/** A text that is equal for equal values, and differs for `1` and `"1"`. */
export function key_of(values: readonly FieldValue[]): string {
  return JSON.stringify(
    values.map((value) =>
      typeof value === "number" && !Number.isFinite(value)
        ? { number: String(value) }
        : value,
    ),
  );
}

/** Numbers by size, then texts by alphabet, false before true, none last. */
export function compare_values(a: FieldValue, b: FieldValue): number {
  const rank = rank_of(a) - rank_of(b);
  if (rank !== 0) return rank;
  if (typeof a === "number" && typeof b === "number") {
    if (Number.isNaN(a) || Number.isNaN(b)) {
      return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
    }
    return a === b ? 0 : a - b;
  }
  if (typeof a === "string" && typeof b === "string") {
    return a < b ? -1 : a > b ? 1 : 0;
  }
  return Number(a) - Number(b);
}

/** The distinct values among `values`, in order. */
export function distinct(values: Iterable<FieldValue>): FieldValue[] {
  const seen = new Map<string, FieldValue>();
  for (const value of values) {
    const key = key_of([value]);
    if (!seen.has(key)) seen.set(key, value);
  }
  return [...seen.values()].sort(compare_values);
}

function compare_all(
  a: readonly FieldValue[],
  b: readonly FieldValue[],
): number {
  for (let i = 0; i < a.length; i++) {
    const order = compare_values(a[i] ?? null, b[i] ?? null);
    if (order !== 0) return order;
  }
  return 0;
}

function rank_of(value: FieldValue): number {
  if (value === null) return 3;
  return typeof value === "number" ? 0 : typeof value === "string" ? 1 : 2;
}
