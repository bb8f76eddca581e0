/** The heading of a panel about one series: its name, its context, and what the panel says of itself. */

import type { ComponentChildren, JSX } from "preact";
import { param } from "../../../math/format.ts";
import type { SeriesSteps } from "../../../schema.ts";

/** Shows the series' name and context, `where` at the end, and the panel's own buttons. */
export function SeriesHeading(props: {
  series: SeriesSteps;
  where: ComponentChildren;
  children: ComponentChildren;
}): JSX.Element {
  const { series } = props;
  return (
    <header>
      <h2 class="clip" title={series.name}>
        {series.name}
      </h2>
      <span class="small-text quiet-text clip grow">
        {Object.entries(series.context)
          .map(([key, value]) => `${key}: ${param(value)}`)
          .join(" · ")}
      </span>
      <span class="small-text second-text group-where">{props.where}</span>
      {props.children}
    </header>
  );
}
