// Runs under the heads of their groups, in the order in which the sorted runs bring them.

import type { Json, ParamTree } from "../schema.ts";
import { param } from "./format.ts";
import { short_name, value_at } from "./params.ts";

export interface GroupedRun {
  readonly experiment: string;
  readonly status: string;
  readonly tags: readonly string[];
  readonly params: ParamTree;
}

export interface Group<R> {
  /** Tells the group apart. */
  readonly key: string;
  /** What stands in its head. */
  readonly title: string;
  readonly runs: readonly R[];
}

/** Groups runs by fields: `experiment`, `status`, `tags`, or `params.PATH`. */
export function group_runs<R extends GroupedRun>(
  runs: readonly R[],
  by: readonly string[],
): readonly Group<R>[] {
  const groups = new Map<string, { title: string; runs: R[] }>();
  for (const run of runs) {
    const values = by.map((field) => field_of(run, field));
    const key = JSON.stringify(values.map((value) => value ?? null));
    const group = groups.get(key) ?? {
      title: values.map((value, i) => title_of(by[i] ?? "", value)).join(" · "),
      runs: [],
    };
    group.runs.push(run);
    groups.set(key, group);
  }
  return [...groups].map(([key, group]) => ({ key, ...group }));
}

function field_of(run: GroupedRun, field: string): Json | undefined {
  switch (field) {
    case "experiment":
      return run.experiment;
    case "status":
      return run.status;
    case "tags":
      return run.tags.join(", ");
    default:
      return value_at(run.params, field.replace(/^params\./, ""));
  }
}

function title_of(field: string, value: Json | undefined): string {
  if (field === "experiment" || field === "status") return String(value);
  if (field === "tags") return value === "" ? "no tags" : String(value);
  return `${short_name(field)} ${param(value)}`;
}
