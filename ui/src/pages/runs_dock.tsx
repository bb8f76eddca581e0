// Below the runs: what differs between the selected, their curves, and what can be done with them.

import type { JSX } from "preact";
import * as api from "../api.ts";
import { use_request } from "../request.ts";
import * as format from "../math/format.ts";
import { differing, value_at } from "../math/params.ts";
import {
  end_of,
  epoch_at,
  find_summary,
  say_series,
  subset_of,
  value_of,
  write_series,
} from "../math/series_name.ts";
import type { SeriesName } from "../math/series_name.ts";
import { Button, IconButton } from "../parts/button.tsx";
import { Icon } from "../parts/icon.tsx";
import { Menu } from "../parts/menu.tsx";
import { Swatch } from "../parts/marks.tsx";
import { PopButton } from "../parts/popover.tsx";
import type { Run } from "../shapes.ts";
import { go, write_search } from "../state.ts";
import { duration_of } from "./run_cells.tsx";
import { EpochChart } from "./epoch_chart.tsx";
import { archive_runs, delete_runs } from "./run_edits.ts";
import { csv_field, runs_view } from "./runs_view.ts";
import { TagMenu } from "./tag_menu.tsx";

interface DockProps {
  readonly runs: readonly Run[];
  readonly colours: ReadonlyMap<string, string>;
  readonly main: SeriesName | undefined;
  readonly onClear: () => void;
  readonly onDone: () => void;
}

/** More runs than this make no readable table of differences. */
const most_compared = 6;
const short_id = (run: Run): string => run.id.slice(0, 8);

/** The query that finds exactly these runs. */
export function query_of(runs: readonly Run[]): string {
  return `run.hash in [${runs.map((run) => JSON.stringify(run.id)).join(", ")}]`;
}

/** The panel of the selection. */
export function RunsDock(props: DockProps): JSX.Element {
  const { runs, colours } = props;
  const compared = runs.slice(0, most_compared);
  const charts = charts_of(runs, props.main);
  return (
    <section class="panel dock" aria-label="Selected runs">
      <header>
        <h2>{runs.length} selected</h2>
        <span class="small-text quiet-text">
          <kbd>Space</kbd> to hide
        </span>
        <span class="grow" />
        <DockActions {...props} />
      </header>
      <div class="parts" style={{ "--charts": charts.length }}>
        <Differences
          runs={compared}
          colours={colours}
          main={props.main}
          n_selected={runs.length}
        />
        {charts.map((series) => (
          <EpochChart
            key={write_series(series)}
            series={series}
            runs={runs}
            colours={colours}
          />
        ))}
      </div>
    </section>
  );
}

/** The evaluation loss and the metric by which runs are ranked, where the selected have them. */
function charts_of(
  runs: readonly Run[],
  main: SeriesName | undefined,
): readonly SeriesName[] {
  const loss: SeriesName = { name: "loss", context: { subset: "eval" } };
  const wanted =
    main === undefined || main.name === "loss" ? [loss] : [loss, main];
  return wanted.filter((series) =>
    runs.some((run) => find_summary(run.metrics, series) !== undefined),
  );
}

function DockActions(props: DockProps): JSX.Element {
  const { runs } = props;
  const [a, b] = runs;
  const two = runs.length === 2 ? undefined : "Select exactly two runs";
  const has_answers =
    runs.length >= 1 &&
    runs.length <= 2 &&
    runs.every((run) => run.has.answers);
  const all_archived = runs.every((run) => run.archived);
  const open_answers = (): void => {
    if (a === undefined) return;
    go(
      `/answers?${write_search(
        b === undefined
          ? [["a", short_id(a)]]
          : [
              ["a", short_id(a)],
              ["b", short_id(b)],
            ],
      )}`,
    );
  };
  return (
    <>
      <Button
        small
        icon="metrics"
        onClick={() => go(`/metrics?${write_search([["q", query_of(runs)]])}`)}
      >
        Curves
      </Button>
      <Button
        small
        icon="diff"
        not_now={two}
        onClick={() =>
          a !== undefined &&
          b !== undefined &&
          go(`/diff?a=${short_id(a)}&b=${short_id(b)}`)
        }
      >
        Full diff
      </Button>
      <Button
        small
        icon="answers"
        not_now={
          has_answers ? undefined : "Select one or two runs that have answers"
        }
        onClick={open_answers}
      >
        {runs.length === 1 ? "Answers" : "Answers A | B"}
      </Button>
      <span class="separator" />
      <PopButton
        label="Tag"
        class="button quiet small"
        align="end"
        width={260}
        face={
          <>
            <Icon name="tag" />
            Tag
          </>
        }
      >
        {() => <TagMenu runs={runs} onDone={props.onDone} />}
      </PopButton>
      <Button
        small
        kind="quiet"
        icon="archive"
        onClick={() => archive_runs(runs, props.onDone)}
      >
        {all_archived ? "Bring back" : "Archive"}
      </Button>
      <CsvLink runs={runs} />
      <Menu
        label="More"
        class="button quiet small square"
        items={[
          {
            label: "Params",
            icon: "params",
            run: () => go(`/params?${write_search([["q", query_of(runs)]])}`),
          },
          {
            label: "Texts",
            icon: "texts",
            run: () => go(`/texts?${write_search([["q", query_of(runs)]])}`),
          },
          {
            label: "Show only these",
            icon: "filter",
            run: () => runs_view.set({ q: query_of(runs), sel: [] }),
          },
          {
            label: "Delete…",
            icon: "trash",
            is_danger: true,
            run: () => delete_runs(runs, props.onDone),
          },
        ]}
      />
      <IconButton
        icon="close"
        label="Clear selection"
        small
        onClick={props.onClear}
      />
    </>
  );
}

function CsvLink({ runs }: { runs: readonly Run[] }): JSX.Element {
  const view = runs_view.values.value;
  const columns = ["name", ...view.cols].flatMap(
    (key) => csv_field(key, view.metric) ?? [],
  );
  const href = api.csv_address(
    query_of(runs),
    "",
    view.cols.length === 0 ? [] : columns,
  );
  return (
    <a
      class="button quiet small"
      href={href}
      download="runs.csv"
      title="The selected runs as CSV"
    >
      <Icon name="download" />
      CSV
    </a>
  );
}

interface Row {
  readonly name: string;
  readonly is_param: boolean;
  readonly values: readonly string[];
  /** Which value is the best one. */
  readonly best: number | undefined;
}

function Differences(props: {
  runs: readonly Run[];
  colours: ReadonlyMap<string, string>;
  main: SeriesName | undefined;
  n_selected: number;
}): JSX.Element {
  const { runs } = props;
  const rows = [...param_rows(runs), ...metric_rows(runs), duration_row(runs)];
  const n_params = new Set(runs.flatMap((run) => Object.keys(run.params))).size;
  const n_differing = rows.filter((row) => row.is_param).length;
  const fields = use_request("fields runs ", (signal) =>
    api.fields("", "runs", signal),
  );
  const n_equal = Math.max(
    0,
    (fields.data?.params.length ?? n_params) - n_differing,
  );
  return (
    <div class="differences">
      <table>
        <thead>
          <tr>
            <th>{runs.length === 1 ? "Figures" : "What differs"}</th>
            {runs.map((run) => (
              <th key={run.id} class="number">
                <span class="in-row">
                  <Swatch
                    color={props.colours.get(run.id) ?? "var(--line-2)"}
                  />
                  <a class="clip" href={`/runs/${short_id(run)}`}>
                    {run.name}
                  </a>
                </span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.name}>
              <td class={row.is_param ? "mono clip" : "clip"} title={row.name}>
                {row.name}
              </td>
              {row.values.map((value, i) => (
                <td key={i} class={row.best === i ? "number b" : "number"}>
                  {value}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      <p class="small-text quiet-text">
        {runs.length > 1 &&
          `${format.plural(n_equal, "param")} of them equal. `}
        {props.n_selected > runs.length &&
          `${props.n_selected - runs.length} more selected, not in this table.`}
      </p>
    </div>
  );
}

function param_rows(runs: readonly Run[]): Row[] {
  if (runs.length < 2) return [];
  return differing(runs.map((run) => run.params)).map((path) => ({
    name: path.replace(/^hparams\./, ""),
    is_param: true,
    values: runs.map((run) => format.param(value_at(run.params, path))),
    best: undefined,
  }));
}

function metric_rows(runs: readonly Run[]): Row[] {
  const series = new Map(
    runs
      .flatMap((run) => run.metrics)
      .map((metric) => [write_series(metric), metric] as const),
  );
  return [...series.values()]
    .filter(
      (metric) =>
        subset_of(metric.context) === "eval" || metric.name === "loss",
    )
    .map((metric): Row => {
      const found = runs.map((run) => find_summary(run.metrics, metric));
      const is_eval = subset_of(metric.context) === "eval";
      const which = is_eval ? "best" : "last";
      const values = found.map((one) =>
        one === undefined ? undefined : value_of(one, which),
      );
      const numbers = values.map((value) => value?.value ?? NaN);
      const less = end_of(metric.name, "best") === "min";
      const finite = numbers.filter(Number.isFinite);
      const best = less ? Math.min(...finite) : Math.max(...finite);
      return {
        name: `${is_eval ? "best " : ""}${say_series(metric)}${is_eval ? " (epoch)" : ", last"}`,
        is_param: false,
        values: values.map((value, i) => {
          const summary = found[i];
          const epoch =
            summary === undefined ? undefined : epoch_at(summary, value?.step);
          const words = format.metric_named(metric.name, value?.value);
          return is_eval && epoch !== undefined ? `${words} (${epoch})` : words;
        }),
        best: is_eval && finite.length > 1 ? numbers.indexOf(best) : undefined,
      };
    });
}

function duration_row(runs: readonly Run[]): Row {
  return {
    name: "duration",
    is_param: false,
    values: runs.map((run) => format.duration(duration_of(run))),
    best: undefined,
  };
}
