// Readings that follow the cursor, each alone, so that a move of the pointer redraws no more than them.

import type { ReadonlySignal } from "@preact/signals";
import type { JSX } from "preact";
import { nearest_point } from "../../chart/nearest.ts";
import { metric_named, none } from "../../math/format.ts";
import type { Cursor } from "../../parts/line_chart.tsx";
import type { Line } from "./lines.ts";

/** Where the cursor stands, in a column's head. */
export function AtTitle(props: {
  readonly cursor: ReadonlySignal<Cursor | undefined>;
  readonly pinned: number | undefined;
  readonly at_title: (x: number | undefined) => string;
}): JSX.Element {
  return <b>{props.at_title(props.cursor.value?.x ?? props.pinned)}</b>;
}

/** One reading; alone in following the cursor, so that a move redraws no more. */
export function AtCell(props: {
  line: Line | undefined;
  cursor: ReadonlySignal<Cursor | undefined>;
  pinned: number | undefined;
  name: string;
}): JSX.Element {
  const at = props.cursor.value?.x ?? props.pinned;
  const value = reading(props.line, at);
  return (
    <>
      {Number.isNaN(value) && props.line === undefined
        ? none
        : metric_named(props.name, value)}
    </>
  );
}

/** The reading at `at`, or the last one where there is no cursor; NaN where the curve is not. */
export function reading(
  line: Line | undefined,
  at: number | undefined,
): number {
  if (line === undefined || line.x.length === 0) return NaN;
  const n = line.x.length;
  if (at === undefined) return line.y[n - 1] ?? NaN;
  const i = nearest_point(line.x, at);
  const spacing =
    n > 1 ? ((line.x[n - 1] ?? 0) - (line.x[0] ?? 0)) / (n - 1) : Infinity;
  return Math.abs((line.x[i] ?? NaN) - at) <= spacing
    ? (line.y[i] ?? NaN)
    : NaN;
}
