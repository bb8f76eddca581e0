// A curve in a table's cell: its shape, its end, and a cross where it broke off.

import type { JSX } from "preact";

export interface Curve {
  readonly x: Float64Array;
  readonly y: Float64Array | Float32Array;
}

const pad = 3;

/** Draws a curve between two values that all curves of the column share; what is above is cut at the edge. */
export function Sparkline(props: {
  curve: Curve;
  low: number;
  high: number;
  colour: string;
  fails?: boolean;
  /** Fills its place, with the area below. */
  wide?: boolean;
}): JSX.Element {
  const [width, height] = props.wide === true ? [240, 56] : [112, 24];
  const { x, y } = props.curve;
  const last = x[x.length - 1] ?? 0;
  const first = props.wide === true ? (x[0] ?? 0) : Math.min(0, x[0] ?? 0);
  const span = last - first || 1;
  const scale = props.high - props.low || 1;
  const at = (i: number): readonly [number, number] => [
    pad + ((width - 2 * pad) * ((x[i] ?? 0) - first)) / span,
    pad +
      (height - 2 * pad) *
        (1 - Math.min(1, Math.max(0, ((y[i] ?? 0) - props.low) / scale))),
  ];
  let path = "";
  let end: readonly [number, number] | undefined;
  let is_broken = false;
  for (let i = 0; i < x.length; i++) {
    if (!Number.isFinite(y[i])) {
      is_broken = true;
      continue;
    }
    const [px, py] = at(i);
    path += `${path === "" ? "M" : "L"}${px.toFixed(1)} ${py.toFixed(1)}`;
    end = [px, py];
  }
  const [ex, ey] = end ?? [pad, height / 2];
  return (
    <svg
      class={props.wide === true ? "sparkline wide" : "sparkline"}
      width={width}
      height={height}
      preserveAspectRatio="none"
      viewBox={`0 0 ${width} ${height}`}
      aria-hidden="true"
    >
      {props.wide === true && path !== "" && (
        <path
          class="area"
          d={`${path}L${ex.toFixed(1)} ${height}L${pad} ${height}z`}
          style={{ fill: props.colour }}
        />
      )}
      <path d={path} style={{ stroke: props.colour }} />
      {props.wide === true ? null : props.fails === true || is_broken ? (
        <path class="cross" d={`M${ex - 2.5} ${ey - 2.5}l5 5m0-5l-5 5`} />
      ) : (
        <circle cx={ex} cy={ey} r="1.8" style={{ fill: props.colour }} />
      )}
    </svg>
  );
}
