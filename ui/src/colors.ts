// The colour of what has no order: given when it is first met, and kept by repository, whatever is filtered later.

import { series_colour } from "./math/colour.ts";

const known = new Map<string, number>();
let loaded = "";

/** The colour that `key` of `field` has in this repository. */
export function kept_color(field: string, key: string): string {
  load();
  const name = `${field} ${key}`;
  let index = known.get(name);
  if (index === undefined) {
    index = next_index(field);
    known.set(name, index);
    keep();
  }
  return series_colour(index);
}

function next_index(field: string): number {
  let n = 0;
  for (const name of known.keys()) if (name.startsWith(`${field} `)) n++;
  return n;
}

function place(): string {
  const repository =
    typeof document === "undefined"
      ? ""
      : (document.documentElement.dataset["repository"] ?? "");
  return `trailmark.colors.${repository}`;
}

function load(): void {
  const at = place();
  if (loaded === at) return;
  loaded = at;
  known.clear();
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(at) ?? "[]");
    if (!Array.isArray(kept)) return;
    for (const pair of kept)
      if (
        Array.isArray(pair) &&
        typeof pair[0] === "string" &&
        typeof pair[1] === "number"
      )
        known.set(pair[0], pair[1]);
  } catch {
    // storage may be forbidden or hold something else; colours then last as long as the page
  }
}

const MOST_KEPT = 2000;

function keep(): void {
  try {
    localStorage.setItem(place(), JSON.stringify([...known].slice(-MOST_KEPT)));
  } catch {
    // storage may be forbidden; colours then last as long as the page
  }
}
