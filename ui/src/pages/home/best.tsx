// The best run of each experiment.

import { called } from "../../called.ts";
import type { JSX } from "preact";
import * as format from "../../math/format.ts";
import { epoch_at, find_summary, say_series } from "../../math/series_name.ts";
import { Empty } from "../../parts/looks.tsx";
import { Bar, Swatch } from "../../parts/marks.tsx";
import type { BestRun, Run } from "../../shapes.ts";
import { write_search } from "../../state.ts";
import { run_path } from "../../math/run_id.ts";
import { TagMark } from "../labels/tag_mark.tsx";

export function RunName({
  run,
  colours,
}: {
  run: Run;
  colours: ReadonlyMap<string, string>;
}): JSX.Element {
  return (
    <span class="in-row">
      <Swatch color={colours.get(run.id) ?? "var(--line-2)"} />
      <a class="clip b run-name" href={run_path(run)}>
        {called(run)}
      </a>
      {run.tags.slice(0, 3).map((tag) => (
        <TagMark key={tag} name={tag} />
      ))}
    </span>
  );
}

export function Best(props: {
  best: readonly BestRun[];
  colours: ReadonlyMap<string, string>;
}): JSX.Element {
  return (
    <section class="panel">
      <header>
        <h2>Best runs</h2>
        <span class="small-text quiet-text">
          of each experiment, among runs that are not archived
        </span>
      </header>
      {props.best.length === 0 ? (
        <Empty title="No run can be ranked yet">
          Runs are ranked once they log a metric of an evaluation, such as f1
        </Empty>
      ) : (
        <table class="plain">
          <thead>
            <tr>
              <th>Experiment</th>
              <th>Best run</th>
              <th colSpan={2}>Metric</th>
              <th class="number">Epoch</th>
              <th class="number">Runs</th>
            </tr>
          </thead>
          <tbody>
            {props.best.map((best) => (
              <BestRow
                key={best.experiment}
                best={best}
                colours={props.colours}
              />
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function BestRow({
  best,
  colours,
}: {
  best: BestRun;
  colours: ReadonlyMap<string, string>;
}): JSX.Element {
  const series = { name: best.metric, context: best.context };
  const summary = find_summary(best.run.metrics, series);
  const epoch =
    summary === undefined ? undefined : epoch_at(summary, best.step);
  const is_share = format.is_share(best.metric);
  return (
    <tr>
      <td>
        <a
          class="clip"
          href={`/runs?${write_search([["q", `run.experiment == ${JSON.stringify(best.experiment)}`]])}`}
        >
          {best.experiment}
        </a>
      </td>
      <td>
        <RunName run={best.run} colours={colours} />
      </td>
      <td class="second-text">{say_series(series)}</td>
      <td>
        <span class="in-row">
          <b class="best mono figure">
            {format.metric_named(best.metric, best.value)}
          </b>
          {is_share && (
            <Bar
              share={best.value > 1 ? best.value / 100 : best.value}
              color="var(--best)"
            />
          )}
        </span>
      </td>
      <td class="number second-text" title={`step ${format.count(best.step)}`}>
        {epoch ?? `step ${format.count(best.step)}`}
      </td>
      <td class="number second-text">{format.count(best.runs)}</td>
    </tr>
  );
}
