// What runs and series can be told apart by: params, properties, the metric's name, keys of contexts.
//
// A field is written in the URL by its shortest name that is its own: `learning_rate` for
// `hparams.learning_rate`, as long as no other param ends so.

import { called } from "./called.ts";
import { distinct } from "./math/group.ts";
import type { FieldValue } from "./math/group.ts";
import { param, short_path } from "./math/format.ts";
import type { Context, Json } from "./schema.ts";
import type { Run } from "./shapes.ts";

/** A run with its params laid flat, by path. */
export interface FlatRun {
  readonly run: Run;
  readonly params: ReadonlyMap<string, FieldValue>;
}

/** What a field is read from. */
export interface Item {
  readonly run: FlatRun;
  readonly name: string;
  readonly context: Context;
}

export interface RunField {
  /** How the URL writes it. */
  readonly id: string;
  readonly label: string;
  readonly kind: "param" | "run" | "metric" | "context";
  readonly path: string;
  /** Its distinct values in order. */
  readonly values: readonly FieldValue[];
  /** Those of them that are not merely missing. */
  readonly present: readonly FieldValue[];
  /** Whether at least two runs or series that have it differ in it: what is missing differs from nothing. */
  readonly differs: boolean;
  /** The field that was cut into ranges, if this is one; its values are then their names in order. */
  readonly whole?: RunField;
  of(item: Item): FieldValue;
}

export function flat_run(run: Run): FlatRun {
  const params = new Map<string, FieldValue>();
  flatten(run.params, "", params);
  return { run, params };
}

function flatten(
  value: Json,
  path: string,
  out: Map<string, FieldValue>,
): void {
  if (value !== null && typeof value === "object" && !Array.isArray(value)) {
    for (const [key, inner] of Object.entries(value))
      flatten(inner, path === "" ? key : `${path}.${key}`, out);
  } else if (typeof value === "object" && value !== null) {
    out.set(path, JSON.stringify(value));
  } else out.set(path, value);
}

const properties: readonly (readonly [string, (run: Run) => FieldValue])[] = [
  ["name", (run) => called(run)],
  ["experiment", (run) => run.experiment],
  ["status", (run) => run.status],
  ["tags", (run) => run.tags.join(", ") || null],
];

/** Every field of some runs and of their series. */
export function fields_of(runs: readonly FlatRun[]): readonly RunField[] {
  const keys = new Set<string>();
  for (const { run } of runs)
    for (const metric of run.metrics)
      for (const key of Object.keys(metric.context)) keys.add(key);
  return [
    ...param_fields(runs),
    ...[...keys].sort().map(context_field(runs)),
    {
      id: "metric",
      label: "metric",
      kind: "metric",
      path: "metric",
      ...several(
        runs.flatMap(({ run }) => run.metrics.map((metric) => metric.name)),
      ),
      of: (item) => item.name,
    },
    ...properties.map(([name, read]): RunField => ({
      id: `run.${name}`,
      label: `run.${name}`,
      kind: "run",
      path: name,
      ...several(runs.map(({ run }) => read(run))),
      of: (item) => read(item.run.run),
    })),
  ];
}

/** Distinct values of what all have. */
function several(
  all: readonly FieldValue[],
): Pick<RunField, "values" | "present" | "differs"> {
  const values = distinct(all);
  return { values, present: values, differs: values.length > 1 };
}

function param_fields(runs: readonly FlatRun[]): RunField[] {
  const paths = new Set<string>();
  for (const run of runs) for (const path of run.params.keys()) paths.add(path);
  const names = short_names([...paths]);
  return [...paths].sort().map((path) => {
    const own = runs.map((run) => run.params.get(path));
    const values = distinct(own.map((value) => value ?? null));
    // “None” is among the values where a run says it, and where a run says nothing: the last of them then.
    const is_short = own.includes(undefined) && !own.includes(null);
    const present = is_short ? values.slice(0, -1) : values;
    return {
      id: names.get(path) ?? path,
      label: names.get(path) ?? path,
      kind: "param",
      path,
      values,
      present,
      differs: present.length > 1,
      of: (item) => item.run.params.get(path) ?? null,
    };
  });
}

const context_field =
  (runs: readonly FlatRun[]) =>
  (key: string): RunField => ({
    id: key,
    label: key,
    kind: "context",
    path: key,
    ...several(
      runs.flatMap(({ run }) =>
        run.metrics.map((metric) => context_value(metric.context, key)),
      ),
    ),
    of: (item) => context_value(item.context, key),
  });

/** What a context says of a key. A number that nobody gave a subset to is of training. */
export function context_value(context: Context, key: string): FieldValue {
  const value = context[key];
  if (value === undefined) return key === "subset" ? "train" : null;
  return typeof value === "object" && value !== null
    ? JSON.stringify(value)
    : value;
}

/** The shortest ends of paths that are each one's own. */
export function short_names(
  paths: readonly string[],
): ReadonlyMap<string, string> {
  const ends = (path: string): string[] => {
    const parts = path.split(".");
    return parts.map((_, i) => parts.slice(parts.length - 1 - i).join("."));
  };
  const users = new Map<string, number>();
  for (const path of paths)
    for (const end of ends(path)) users.set(end, (users.get(end) ?? 0) + 1);
  return new Map(
    paths.map((path) => [
      path,
      ends(path).find((end) => users.get(end) === 1) ?? path,
    ]),
  );
}

/** The field of a word: its id, or its whole path. */
export function field_named(
  fields: readonly RunField[],
  word: string,
): RunField | undefined {
  return (
    fields.find((field) => field.id === word) ??
    fields.find((field) => field.path === word)
  );
}

/** Above so many numbers a field is cut into ranges before colours stand for it. */
const MOST_NUMBERS = 12;
const RANGES = 5;

/** A field of very many numbers as a few ranges with equally many of them. */
export function in_ranges(field: RunField): RunField {
  const numbers = field.values.filter((value) => typeof value === "number");
  const has_words = field.values.some(
    (value) => value !== null && typeof value !== "number",
  );
  if (has_words || numbers.length <= MOST_NUMBERS) return field;
  const ends = Array.from({ length: RANGES + 1 }, (_, i) => {
    const at = Math.min(
      numbers.length - 1,
      Math.floor((i * numbers.length) / RANGES),
    );
    return numbers[at] ?? NaN;
  });
  const brief = (value: number): string => param(Number(value.toPrecision(2)));
  const names = Array.from(
    { length: RANGES },
    (_, i) => `${brief(ends[i] ?? NaN)} – ${brief(ends[i + 1] ?? NaN)}`,
  );
  return {
    ...field,
    values: names,
    whole: field,
    of: (item) => {
      const value = field.of(item);
      if (typeof value !== "number") return null;
      const after = ends.findIndex((end, i) => i > 0 && value < end);
      return names[after < 0 ? RANGES - 1 : after - 1] ?? null;
    },
  };
}

/** A value of a field as its legend says it: rates of one field all as 4e-5, not one as 0.004. */
export function field_text(field: RunField, value: FieldValue): string {
  if (typeof value === "string") return short_path(value);
  const is_tiny = (one: FieldValue): boolean =>
    typeof one === "number" && one !== 0 && Math.abs(one) < 1e-3;
  const is_small = (one: FieldValue): boolean =>
    typeof one !== "number" || Math.abs(one) < 0.1;
  const text =
    typeof value === "number" &&
    value !== 0 &&
    field.values.some(is_tiny) &&
    field.values.every(is_small)
      ? value.toExponential().replace("e+", "e")
      : value_text(value);
  return typeof value === "number" && text.length > MOST_DIGITS
    ? param(Number(value.toPrecision(4)))
    : text;
}

/** Numbers longer than this are rounded where they are one among many. */
const MOST_DIGITS = 9;

/** A name without the words that everybody leaves out. */
export function short_label(label: string): string {
  return label
    .replace(/^per_device_/, "")
    .replace(/^train_(?=batch_size$)/, "");
}

/** A name as short as people say it where there is little room. */
export function brief_label(label: string): string {
  return short_label(label)
    .replace(/^(.*_)?learning_rate$/, "lr")
    .replace(/^batch_size$/, "batch")
    .replace(/^exact_match$/, "EM")
    .replace(/^f1$/, "F1")
    .replace(/^(.*), (train|eval)$/, "$2 $1");
}

/** A value as a legend or an axis says it. */
export function value_text(value: FieldValue): string {
  return value === null ? "none" : param(value);
}
