// The colour of each run: two ordered params that differ make hue and lightness, one makes a ramp, none a colour of the
// run's experiment; a run without these params is neutral. It follows from what the experiment's runs are, not from what
// is filtered.

import type { Json, ParamTree } from "../schema.ts";
import { nested_colours, ordered_colours, word_colour } from "./colour.ts";
import { unequal, value_at } from "./params.ts";

export interface ColouredRun {
  readonly id: string;
  readonly experiment: string;
  readonly params: ParamTree;
}

/** A colour by run id. */
export function run_colours(
  runs: readonly ColouredRun[],
): ReadonlyMap<string, string> {
  const experiments = new Map<string, ColouredRun[]>();
  for (const run of runs)
    experiments.set(run.experiment, [
      ...(experiments.get(run.experiment) ?? []),
      run,
    ]);
  const colours = new Map<string, string>();
  for (const [experiment, members] of experiments) {
    const colour = colour_inside(experiment, members);
    for (const run of members) colours.set(run.id, colour(run));
  }
  return colours;
}

function number_at(run: ColouredRun, path: string): number {
  const value = value_at(run.params, path);
  return typeof value === "number" ? value : NaN;
}

function colour_inside(
  experiment: string,
  runs: readonly ColouredRun[],
): (run: ColouredRun) => string {
  const [first, second] = ordered_params(runs);
  if (first === undefined) return () => word_colour(experiment);
  const firsts = runs.map((run) => number_at(run, first));
  if (second === undefined) {
    const colour = ordered_colours(first, firsts);
    return (run) => colour(number_at(run, first));
  }
  const colour = nested_colours(
    firsts,
    runs.map((run) => number_at(run, second)),
  );
  return (run) => colour(number_at(run, first), number_at(run, second));
}

/** The params by which runs are coloured: numbers in every run that has them, at least half of all, and that differ; the
 *  learning rate first, then by how many values there are. Seeds tell repeats apart and are no such number. */
export function ordered_params(
  runs: readonly ColouredRun[],
): readonly string[] {
  const is_ordered = (path: string): boolean => {
    const values = values_at(runs, path);
    return (
      !/(^|[._])seed$/.test(path) &&
      values.length * 2 >= runs.length &&
      values.every((value) => Number.isFinite(value))
    );
  };
  const weight = (path: string): number => {
    const distinct = new Set(values_at(runs, path)).size;
    return (
      (/(learning_rate|^lr|\.lr)$/.test(path)
        ? 1000
        : /batch/.test(path)
          ? 500
          : 0) + Math.min(distinct, 400)
    );
  };
  return unequal(runs.map((run) => run.params))
    .differing.filter(is_ordered)
    .sort((a, b) => weight(b) - weight(a))
    .slice(0, 2);
}

function values_at(runs: readonly ColouredRun[], path: string): Json[] {
  return runs.flatMap((run) => {
    const value = value_at(run.params, path);
    return value === undefined ? [] : [value];
  });
}
