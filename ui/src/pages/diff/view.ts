// What the Diff page compares, and what differs between two runs.

import { is_tree, leaves } from "../../math/params.ts";
import { param } from "../../math/format.ts";
import type { Json, ParamTree } from "../../schema.ts";
import { View, flag, text } from "../../state.ts";

export const diff_view = new View({ a: text(), b: text(), all: flag() });

/** A path and what each run has there. */
export interface DiffRow {
  readonly path: string;
  readonly a: string;
  readonly b: string;
  /** What only one of them has differs from nothing. */
  readonly kind: "differs" | "equal" | "only_a" | "only_b";
}

/** Every path of two trees, in the order in which they are met. */
export function diff_rows(a: ParamTree, b: ParamTree): DiffRow[] {
  const [left, right] = [by_path(a), by_path(b)];
  const paths = [...new Set([...left.keys(), ...right.keys()])];
  return paths.map((path) => {
    const [one, other] = [left.get(path), right.get(path)];
    return {
      path,
      a: param(one),
      b: param(other),
      kind:
        other === undefined
          ? "only_a"
          : one === undefined
            ? "only_b"
            : JSON.stringify(one) === JSON.stringify(other)
              ? "equal"
              : "differs",
    };
  });
}

function by_path(tree: ParamTree): Map<string, Json> {
  return new Map(leaves(tree).map(({ path, value }) => [path, value]));
}

/** A part of what a run says of its system, as a tree. */
export function part_of(system: ParamTree, key: string): ParamTree {
  const value = system[key];
  if (value === undefined || value === null) return {};
  return is_tree(value) ? value : { [key]: value };
}

interface Points {
  readonly step: ArrayLike<number>;
  readonly epoch?: ArrayLike<number>;
  readonly value: ArrayLike<number>;
}

/** B − A where both were measured: at the same epochs where both know them, else at the same steps. */
export function difference_curve(
  a: Points,
  b: Points,
): {
  readonly x: number[];
  readonly y: number[];
  readonly by: "epoch" | "step";
} {
  const by =
    is_known(a.epoch) && is_known(b.epoch)
      ? ("epoch" as const)
      : ("step" as const);
  const xs = (points: Points): number[] =>
    Array.from(by === "epoch" ? (points.epoch ?? []) : points.step);
  const left = new Map(xs(a).map((x, i) => [key_of(x), a.value[i] ?? NaN]));
  const [x, y]: [number[], number[]] = [[], []];
  xs(b).forEach((at, i) => {
    const before = left.get(key_of(at));
    if (before === undefined) return;
    x.push(at);
    y.push((b.value[i] ?? NaN) - before);
  });
  return { x, y, by };
}

function is_known(epochs: ArrayLike<number> | undefined): boolean {
  return epochs !== undefined && Array.from(epochs).every(Number.isFinite);
}

/** Epochs are fractions of steps, so that equal ones may differ in their last digits. */
const key_of = (x: number): string => x.toFixed(4);
