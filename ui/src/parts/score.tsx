// A score as a bar and a number.

import type { JSX } from "preact";
import { metric } from "../math/format.ts";
import { Bar } from "./marks.tsx";

/** A probability has a bar; other scores are numbers alone. */
export function Score(props: { score: number; color?: string }): JSX.Element {
  const is_share = props.score >= 0 && props.score <= 1;
  return (
    <span class="score in-row">
      {is_share && <Bar share={props.score} color={props.color} />}
      <span class="mono">
        {is_share ? props.score.toFixed(2) : metric(props.score)}
      </span>
    </span>
  );
}
