// What the Metrics page says when there is nothing to draw, or very much.

import type { JSX } from "preact";
import { count, plural } from "../../math/format.ts";
import { Icon } from "../../parts/icon.tsx";
import { Empty } from "../../parts/looks.tsx";
import type { Runs } from "../../shapes.ts";
import type { Chosen } from "./view.ts";

export function NoSeries({ chosen }: { chosen: Chosen }): JSX.Element {
  return (
    <Empty
      title={`No points for ${chosen.metrics.join(", ") || "any metric"} yet`}
    >
      They appear here within a second of being logged
    </Empty>
  );
}

/** How many series there are, where they are too many to tell apart. */
export function Notes(props: {
  total: number;
  shown: number;
  answer: Runs;
}): JSX.Element | null {
  const { total, shown, answer } = props;
  const runs = answer.runs.length < answer.total;
  if (total <= 1000 && !runs) return null;
  return (
    <div class="note info" role="status">
      <Icon name="info" />
      <span>
        {plural(total, "series", "series")} of {plural(answer.total, "run")}{" "}
        match
        {shown < total && `; the first ${count(shown)} are drawn`}. So many are
        drawn as a density: narrow the query, or hide some above, to tell curves
        apart.
      </span>
    </div>
  );
}
