// By how much two runs differ in what they came to: the margins with their interval, and every metric side by side.

import type { JSX } from "preact";
import * as api from "../../api.ts";
import * as format from "../../math/format.ts";
import { link_id } from "../../math/run_id.ts";
import {
  epoch_at,
  find_summary,
  say_series,
  subset_of,
  value_of,
  write_series,
} from "../../math/series_name.ts";
import type { SeriesName } from "../../math/series_name.ts";
import { Who } from "../../parts/verdict.tsx";
import { use_request } from "../../request.ts";
import type { RunDetail } from "../../shapes.ts";
import type { Comparison, Difference } from "../../shapes_of_answers.ts";
import { ranked_sides, write_side } from "../answers/view.ts";
import { duration_of } from "../run_cells.tsx";

interface Two {
  readonly a: RunDetail;
  readonly b: RunDetail;
}

/** The margins of the best values; those of answers with their interval. */
export function DiffFigures({ a, b }: Two): JSX.Element {
  const q = `run.hash in ${JSON.stringify([a.id, b.id])}`;
  const has_answers = a.has.answers && b.has.answers;
  const steps = use_request(
    has_answers ? `answer steps ${q}` : undefined,
    (signal) => api.answer_steps(q, signal),
  );
  const sides = ranked_sides(steps.data ?? []);
  const [one, other] = [a, b].map((run) =>
    sides.find((side) => side.run.run === run.id),
  );
  const query =
    one === undefined || other === undefined
      ? undefined
      : {
          a: write_side(one),
          b: write_side(other),
          show: "all",
          find: "",
          limit: 1,
        };
  const compared = use_request(
    query && `compare ${JSON.stringify(query)}`,
    (signal) =>
      query === undefined
        ? Promise.reject(new Error("nothing to compare"))
        : api.compare_answers(query, signal),
  );
  const figures = shared_series(a, b)
    .filter((series) => subset_of(series.context) === "eval")
    .slice(0, 3);
  return (
    <section class="panel figures" aria-label="Margins">
      {figures.map((series) => (
        <Margin
          key={write_series(series)}
          a={a}
          b={b}
          series={series}
          compared={compared.data}
        />
      ))}
      <div class="figure">
        <div class="small-text second-text">Duration</div>
        <div class="in-row">
          <span class="mono second-text">
            {format.duration(duration_of(a))}
          </span>
          →<b class="value">{format.duration(duration_of(b))}</b>
        </div>
        <div class="tiny-text quiet-text">
          {query !== undefined && (
            <a
              class="to-link"
              href={`/answers?a=${query.a}&b=${query.b}&show=changed`}
            >
              {compared.data === undefined
                ? "Answers"
                : `${format.plural(compared.data.summary.fixed + compared.data.summary.broken, "changed answer")}`}
            </a>
          )}
        </div>
      </div>
    </section>
  );
}

/** Series that both have: F1 and the like first, then losses. */
function shared_series(a: RunDetail, b: RunDetail): readonly SeriesName[] {
  const weight = ({ name }: SeriesName): number =>
    name === "f1" ? 0 : format.is_share(name) ? 1 : name === "loss" ? 2 : 3;
  return a.metrics
    .filter((metric) => find_summary(b.metrics, metric) !== undefined)
    .sort((x, y) => weight(x) - weight(y));
}

function Margin(
  props: Two & { series: SeriesName; compared: Comparison | undefined },
): JSX.Element {
  const { a, b, series, compared } = props;
  const [one, other] = [a, b].map((run) => {
    const summary = find_summary(run.metrics, series);
    if (summary === undefined) return undefined;
    const { value, step } = value_of(summary, "best");
    return { value, epoch: epoch_at(summary, step) };
  });
  const largest = Math.max(one?.value ?? 0, other?.value ?? 0);
  const words = (value: number | undefined): string =>
    format.metric_named(series.name, value, largest);
  const margin = (other?.value ?? NaN) - (one?.value ?? NaN);
  const less = format.is_less_better(series.name);
  const is_better = less ? margin < 0 : margin > 0;
  const interval =
    series.name === "f1"
      ? compared?.summary.f1
      : series.name === "exact_match"
        ? compared?.summary.exact_match
        : undefined;
  return (
    <div class="figure">
      <div class="small-text second-text">Best {say_series(series)}</div>
      <div class="in-row">
        <span class="mono second-text">{words(one?.value)}</span>→
        <b class={is_better ? "value best" : "value"}>{words(other?.value)}</b>
        <span class="grow" />
        <span class={is_better ? "mono best" : "mono"}>
          {format.delta(margin, words)}
        </span>
      </div>
      <div class="tiny-text quiet-text">
        {interval === undefined
          ? `${say_epochs(one?.epoch, other?.epoch)}one run each, no interval`
          : say_interval(interval, margin, compared?.summary.total ?? 0)}
      </div>
    </div>
  );
}

function say_epochs(a: number | undefined, b: number | undefined): string {
  if (a === undefined || b === undefined) return "";
  return a === b ? `both at epoch ${a} · ` : `epochs ${a} and ${b} · `;
}

/** The answers are compared at each run's best F1, where another metric may have another margin than its best values. */
function say_interval(of: Difference, margin: number, n: number): string {
  const { difference, low, high, p } = of;
  const write = (value: number): string => format.delta(value, format.percent);
  const is_other = write(difference) !== write(margin);
  return `${is_other ? `${write(difference)} at best F1: ` : ""}95 % CI ${write(low)} to ${write(high)}, ${format.p_value(p)}, n = ${format.count(n)}`;
}

/** Every metric of both, best and last. */
export function DiffMetrics({ a, b }: Two): JSX.Element {
  const all = new Map(
    [...a.metrics, ...b.metrics]
      .filter((metric) => metric.name !== "epoch")
      .map((metric) => [write_series(metric), metric]),
  );
  return (
    <section class="panel">
      <header>
        <h2>Metrics</h2>
        <span class="small-text quiet-text">{all.size} of both</span>
      </header>
      <div
        class="scrolls-sideways"
        tabIndex={0}
        role="group"
        aria-label="Values of both"
      >
        <table class="plain diff-metrics">
          <thead>
            <tr>
              <th>Metric</th>
              {["best", "last"].flatMap((which) => [
                <th key={`a ${which}`} class="number">
                  <Who letter="A" /> {which}
                </th>,
                <th key={`b ${which}`} class="number">
                  <Who letter="B" /> {which}
                </th>,
                <th key={`d ${which}`} class="number">
                  B − A
                </th>,
              ])}
            </tr>
          </thead>
          <tbody>
            {[...all].map(([key, series]) => (
              <tr key={key}>
                <td title={key}>{say_series(series)}</td>
                {(["best", "last"] as const).map((which) => (
                  <Values
                    key={which}
                    a={a}
                    b={b}
                    series={series}
                    which={which}
                  />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Values(
  props: Two & { series: SeriesName; which: "best" | "last" },
): JSX.Element {
  const { series, which } = props;
  const [a, b] = [props.a, props.b].map((run) => {
    const summary = find_summary(run.metrics, series);
    return summary === undefined ? undefined : value_of(summary, which).value;
  });
  const largest = Math.max(a ?? 0, b ?? 0);
  const words = (value: number | undefined): string =>
    format.metric_named(series.name, value, largest);
  return (
    <>
      <td class="number mono">{words(a)}</td>
      <td class="number mono">{words(b)}</td>
      <td class="number mono second-text">
        {a === undefined || b === undefined
          ? format.none
          : format.delta(b - a, words)}
      </td>
    </>
  );
}

/** The address of a comparison of two runs. */
export function diff_path(a: { id: string }, b: { id: string }): string {
  return `/diff?a=${link_id(a)}&b=${link_id(b)}`;
}
