// What the Params page shows: what its URL says, and what it chooses where the URL says nothing.

import type { FlatRun, RunField } from "../../fields.ts";
import { View, choice, list, text } from "../../state.ts";
import type { Values } from "../../state.ts";

export const params_fields = {
  q: text(),
  axes: list(),
  color: text(),
  value: choice(["best", "last", "min", "max"], "best"),
  view: choice(["parallel", "scatter"], "parallel"),
  x: text(),
  y: text(),
  brush: list(),
  map: list(),
  sort: text(),
};

export const params_view = new View(params_fields);
export type ParamsValues = Values<typeof params_fields>;

/** An axis as the URL writes it: `lr:log`, `loss.eval:flip`. */
export interface AxisWord {
  readonly id: string;
  readonly scale: "log" | "linear" | undefined;
  readonly flip: boolean | undefined;
}

export function read_axis(word: string): AxisWord {
  const [id = "", ...how] = word.split(":");
  return {
    id,
    scale: how.includes("log")
      ? "log"
      : how.includes("linear")
        ? "linear"
        : undefined,
    flip: how.includes("flip")
      ? true
      : how.includes("upright")
        ? false
        : undefined,
  };
}

export function write_axis({ id, scale, flip }: AxisWord): string {
  return [id, scale, flip === undefined ? undefined : flip ? "flip" : "upright"]
    .filter((word) => word !== undefined)
    .join(":");
}

const NUMBER = String.raw`-?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?`;
const BRUSH = new RegExp(`^(.*):(${NUMBER})?-(${NUMBER})?$`);

export interface Brush {
  readonly id: string;
  readonly low: number;
  readonly high: number;
}

/** A brush as the URL writes it: `f1:78-` is 78 and above. */
export function read_brush(word: string): Brush | undefined {
  const found = BRUSH.exec(word);
  if (found === null) return undefined;
  const [, id = "", low, high] = found;
  if (low === undefined && high === undefined) return undefined;
  return {
    id,
    low: low === undefined ? -Infinity : Number(low),
    high: high === undefined ? Infinity : Number(high),
  };
}

export function write_brush({ id, low, high }: Brush): string {
  const end = (value: number): string =>
    Number.isFinite(value) ? String(Number(value.toPrecision(4))) : "";
  return `${id}:${end(low)}-${end(high)}`;
}

/** The fields that a run is described by, without those of series. */
export function run_fields(fields: readonly RunField[]): readonly RunField[] {
  return fields.filter((field) => field.kind === "param");
}

/** Params that no axis shows: of one value in all runs, and of one value in those that have them. */
export interface Hidden {
  readonly constant: number;
  readonly partly: number;
}

export function hidden_params(
  fields: readonly RunField[],
  runs: readonly FlatRun[],
): Hidden {
  if (runs.length < 2) return { constant: 0, partly: 0 };
  const equal = fields.filter(
    (field) => field.kind === "param" && !field.differs,
  );
  const constant = equal.filter((field) =>
    runs.every((run) => run.params.has(field.path)),
  ).length;
  return { constant, partly: equal.length - constant };
}
