// Params as paths and values: leaves of a tree, and which of them differ between runs.

import type { Json, ParamTree } from "../schema.ts";

export interface Leaf {
  readonly path: string;
  readonly value: Json;
}

/** Whether a value is itself a tree. */
export function is_tree(value: Json | undefined): value is ParamTree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Every value that is not a tree, by path, in the order given. */
export function leaves(tree: ParamTree, above = ""): Leaf[] {
  const found: Leaf[] = [];
  for (const [key, value] of Object.entries(tree)) {
    const path = above === "" ? key : `${above}.${key}`;
    if (is_tree(value) && Object.keys(value).length > 0)
      found.push(...leaves(value, path));
    else found.push({ path, value });
  }
  return found;
}

/** The value at a path; keys may themselves have dots. */
export function value_at(tree: ParamTree, path: string): Json | undefined {
  if (Object.hasOwn(tree, path)) return tree[path];
  for (
    let dot = path.indexOf(".");
    dot >= 0;
    dot = path.indexOf(".", dot + 1)
  ) {
    const below = tree[path.slice(0, dot)];
    if (!is_tree(below)) continue;
    const value = value_at(below, path.slice(dot + 1));
    if (value !== undefined) return value;
  }
  return undefined;
}

/** The last word of a path: what people call the param. */
export function short_name(path: string): string {
  return path.slice(path.lastIndexOf(".") + 1);
}

/** What of the params is not the same in all trees, by path, in the order in which they are met. */
export interface Unequal {
  /** Paths with at least two different values among the trees that have them. */
  readonly differing: readonly string[];
  /** Paths with one value, which some trees do not have. */
  readonly partly: readonly string[];
}

/** Which params differ: a value that is missing differs from none. */
export function unequal(trees: readonly ParamTree[]): Unequal {
  const seen = new Map<
    string,
    { readonly text: string; count: number; is_same: boolean }
  >();
  for (const tree of trees) {
    for (const { path, value } of leaves(tree)) {
      const text = JSON.stringify(value);
      const known = seen.get(path);
      if (known === undefined)
        seen.set(path, { text, count: 1, is_same: true });
      else {
        known.count += 1;
        known.is_same &&= known.text === text;
      }
    }
  }
  const paths = (fits: (count: number, is_same: boolean) => boolean) =>
    [...seen]
      .filter(([, { count, is_same }]) => fits(count, is_same))
      .map(([path]) => path);
  return {
    differing: paths((_, is_same) => !is_same),
    partly: paths((count, is_same) => is_same && count < trees.length),
  };
}

/** Every path of the trees, in the order in which they are met. */
export function all_paths(trees: readonly ParamTree[]): string[] {
  return [
    ...new Set(trees.flatMap((tree) => leaves(tree).map((leaf) => leaf.path))),
  ];
}
