// Below the runs: what differs between the selected, their curves, and what can be done with them.

import type { JSX } from "preact";
import * as api from "../../api.ts";
import { find_summary, write_series } from "../../math/series_name.ts";
import type { SeriesName } from "../../math/series_name.ts";
import { Button, IconButton } from "../../parts/button.tsx";
import { Icon } from "../../parts/icon.tsx";
import { Menu } from "../../parts/menu.tsx";
import { PopButton } from "../../parts/popover.tsx";
import type { Run } from "../../shapes.ts";
import { go, write_search } from "../../state.ts";
import { Differences, most_compared } from "./differences.tsx";
import { EpochChart } from "../epoch_chart.tsx";
import { archive_runs, delete_runs } from "../run_edits.ts";
import { csv_field, runs_view } from "./view.ts";
import { TagMenu } from "../tag_menu.tsx";
import { link_id } from "../../math/run_id.ts";

interface DockProps {
  readonly runs: readonly Run[];
  readonly colours: ReadonlyMap<string, string>;
  readonly main: SeriesName | undefined;
  readonly onClear: () => void;
  readonly onDone: () => void;
}

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
          ? [["a", link_id(a)]]
          : [
              ["a", link_id(a)],
              ["b", link_id(b)],
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
          go(`/diff?a=${link_id(a)}&b=${link_id(b)}`)
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
            run: () => delete_runs(runs, props.onDone, props.onClear),
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
