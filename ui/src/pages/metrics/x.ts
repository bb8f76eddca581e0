// Places along x: how they are said, and which steps they stand for.

import type { FrameSeries } from "../../frame.ts";
import { count, duration, metric } from "../../math/format.ts";
import type { Chosen, XKind } from "./view.ts";

/** A place along x in words. */
export function x_text(kind: XKind, x: number): string {
  switch (kind) {
    case "step":
      return count(x);
    case "epoch":
      return x.toFixed(2);
    case "relative":
      return duration(x);
    case "metric":
      return metric(x);
    case "time":
      return new Date(x * 1000).toLocaleString("en-GB", {
        day: "numeric",
        month: "short",
        hour: "2-digit",
        minute: "2-digit",
      });
  }
}

/** How x is called. */
export function x_name({ x, x_metric }: Chosen): string {
  if (x === "metric") return x_metric;
  return x === "relative" || x === "time" ? "time" : x;
}

/** The steps that a range of x reaches, with half its width more on both sides. */
export function steps_in(
  series: readonly FrameSeries[],
  kind: XKind,
  [from, to]: readonly [number, number],
): readonly [number, number] | undefined {
  const [low, high] = [from - (to - from) / 2, to + (to - from) / 2];
  // Which steps had such values is not known before they are read.
  if (kind === "metric") return undefined;
  if (kind === "step") return [Math.max(0, Math.floor(low)), Math.ceil(high)];
  let [least, largest] = [Infinity, -Infinity];
  const starts = new Map<string, number>();
  for (const one of series)
    starts.set(
      one.run,
      Math.min(starts.get(one.run) ?? Infinity, one.time?.[0] ?? Infinity),
    );
  for (const one of series) {
    const column = kind === "epoch" ? one.epoch : one.time;
    if (column === undefined) continue;
    const start = kind === "relative" ? (starts.get(one.run) ?? 0) : 0;
    for (let i = 0; i < column.length; i++) {
      const next = (column[i + 1] ?? Infinity) - start;
      const before = (column[i - 1] ?? -Infinity) - start;
      if (next < low || before > high) continue;
      const step = one.step[i] ?? 0;
      if (step < least) least = step;
      if (step > largest) largest = step;
    }
  }
  return least <= largest ? [least, largest] : undefined;
}
