// The Params page's model: runs on axes, what is brushed, and the colour of each.

import { field_named } from "../../fields.ts";
import type { FlatRun, RunField } from "../../fields.ts";
import {
  ordered_colours,
  ramp_colour,
  ramp_of,
  shares_of,
} from "../../math/colour.ts";
import type { Ramp } from "../../math/colour.ts";
import { key_of } from "../../math/group.ts";
import { kept_color } from "../../colors.ts";
import { axes_of, axis_of, default_measure, measure_named } from "./axes.ts";
import type { Axis, Measure } from "./axes.ts";
import { read_axis, read_brush } from "./view.ts";
import type { Brush, ParamsValues } from "./view.ts";

export interface Placed {
  readonly run: FlatRun;
  readonly color: string;
  /** Where the colour stands on its ramp, from 0 to 1; NaN without a value. */
  readonly heat: number;
  readonly is_in: boolean;
}

export interface ParamsModel {
  readonly axes: readonly Axis[];
  readonly color: Measure | undefined;
  readonly ramp: Ramp | undefined;
  readonly brushes: readonly Brush[];
  readonly runs: readonly Placed[];
  readonly inside: number;
  color_of(value: number): string;
  heat_of(value: number): number;
}

export function build_params(
  values: ParamsValues,
  fields: readonly RunField[],
  measures: readonly Measure[],
  runs: readonly FlatRun[],
): ParamsModel {
  const axes = axes_of(values, fields, measures, runs);
  const color =
    values.color === ""
      ? default_measure(measures, runs)
      : measure_named(
          measures,
          field_named(fields, values.color)?.id ?? values.color,
        );
  const numbers = runs.flatMap((run) => {
    const value = color?.value(run);
    return typeof value === "number" ? [value] : [];
  });
  const name = color?.id ?? "";
  const is_ordered = numbers.length > 0;
  const ordered = ordered_colours(name, numbers);
  const heat = heat_shares(numbers);
  const brushes = values.brush.flatMap((word) => read_brush(word) ?? []);
  const tests = brushes.flatMap((brush) => {
    const measure = measure_named(measures, brush.id);
    if (measure === undefined) return [];
    const axis =
      axes.find((axis) => axis.id === brush.id) ??
      axis_of(measure, read_axis(brush.id), runs);
    return [
      (run: FlatRun): boolean => {
        const value = axis.number_of(measure.value(run));
        return value >= brush.low && value <= brush.high;
      },
    ];
  });
  const placed = runs.map((run): Placed => {
    const value = color?.value(run) ?? null;
    const number = typeof value === "number" ? value : NaN;
    return {
      run,
      color: is_ordered
        ? color_at(number)
        : value === null
          ? "var(--text-3)"
          : kept_color(name, key_of([value])),
      heat: heat(number),
      is_in: tests.every((test) => test(run)),
    };
  });
  function color_at(value: number): string {
    return numbers.length <= 7 && color?.kind === "param"
      ? ordered(value)
      : heat_color(heat(value), name);
  }
  return {
    axes,
    color,
    ramp: is_ordered ? ramp_of(name) : undefined,
    brushes,
    runs: placed,
    inside: placed.filter((one) => one.is_in).length,
    color_of: color_at,
    heat_of: heat,
  };
}

/** Where results stand on a ramp: by size, or logarithm, so that near ones look alike however few they are. */
export function heat_shares(
  numbers: readonly number[],
): (value: number) => number {
  const finite = numbers.filter(Number.isFinite);
  if (finite.length > 7) return shares_of(finite);
  const [low, high] = [Math.min(...finite), Math.max(...finite)];
  const bend =
    low > 0 && high / low > 30 ? Math.log : (value: number): number => value;
  return (value) =>
    high > low
      ? (bend(value) - bend(low)) / (bend(high) - bend(low))
      : Number.isFinite(value)
        ? 0
        : NaN;
}

function heat_color(share: number, name: string): string {
  return Number.isFinite(share)
    ? ramp_colour(ramp_of(name), share)
    : "var(--text-3)";
}
