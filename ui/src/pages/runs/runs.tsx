// The runs explorer: findings, the table of runs, and what differs between the selected.

import type { JSX } from "preact";
import { useMemo, useRef, useState } from "preact/hooks";
import * as api from "../../api.ts";
import { count, is_less_better, plural } from "../../math/format.ts";
import { run_colours } from "../../math/run_colour.ts";
import { write_series } from "../../math/series_name.ts";
import { Button, IconButton } from "../../parts/button.tsx";
import { Empty, Loading } from "../../parts/looks.tsx";
import { QueryBox } from "../../parts/query_box.tsx";
import { say } from "../../parts/toast.tsx";
import { Top } from "../../parts/top.tsx";
import { use_request } from "../../request.ts";
import type { Run } from "../../shapes.ts";
import { NothingFound } from "../nothing_found.tsx";
import { use_run_list } from "./list.ts";
import { RunsBar } from "./bar.tsx";
import { default_columns, main_series, params_of } from "./columns.tsx";
import { RunsDock } from "./dock.tsx";
import { Findings } from "./findings.tsx";
import { use_run_keys, use_selection } from "./selection.ts";
import { RunsTable } from "./table.tsx";
import { runs_view, server_sort, write_sort } from "./view.ts";
import { SaveView } from "../views/views.tsx";

/** The page at `/runs`. */
export function Runs(_props: { rest: string }): JSX.Element {
  const view = runs_view.values.value;
  const fields_look = use_request(`fields runs ${view.q}`, (signal) =>
    api.fields(view.q, "runs", signal),
  );
  const fields = fields_look.data;
  const main = main_series(fields);
  const automatic =
    main === undefined
      ? ""
      : write_sort(
          { key: write_series(main), is_down: !is_less_better(main.name) },
          "best",
        );
  const sort = view.sort === "" ? automatic : view.sort;
  const is_known = fields !== undefined || fields_look.error !== undefined;
  const list = use_run_list(
    is_known || view.sort !== ""
      ? { q: view.q, sort: server_sort(sort), archived: view.archived }
      : undefined,
  );
  const findings = use_request(`findings ${view.q}`, (signal) =>
    api.findings(view.q, signal),
  );
  const runs = list.runs ?? [];
  const params = useMemo(() => params_of(runs), [list.runs]);
  const colours = useMemo(() => run_colours(runs), [list.runs]);
  const columns = useMemo(() => {
    const chosen =
      view.cols.length > 0
        ? view.cols
        : default_columns(fields, params.differs);
    const is_folded = (key: string): boolean =>
      !view.all &&
      view.cols.length > 0 &&
      key.startsWith("params.") &&
      !params.differs.includes(key.slice(7));
    const shown =
      view.all && view.cols.length === 0
        ? with_all_params(chosen, params.paths)
        : chosen;
    return shown.filter((key) => runs.length < 2 || !is_folded(key));
  }, [view.cols, view.all, fields, params]);
  const largest = useMemo(() => {
    const known = new Map(
      (fields?.metrics ?? []).map((metric) => [
        write_series(metric),
        metric.max,
      ]),
    );
    return (key: string): number | undefined => known.get(key);
  }, [fields]);
  const selection = use_selection(runs);
  const [at, set_at] = useState<string | undefined>(undefined);
  const shown_order = useRef<readonly Run[]>(runs);
  use_run_keys({ selection, order: shown_order, at, set_at });
  const hits =
    list.runs === undefined
      ? undefined
      : `${plural(list.total, "run")} · ${list.took_millis < 1 ? "<1" : count(list.took_millis)} ms`;
  const nothing =
    list.runs?.length === 0 &&
    view.q !== "" &&
    !list.is_loading &&
    list.error === undefined;
  return (
    <>
      <Top title="Runs">
        <QueryBox
          value={view.q}
          hits={hits}
          error={list.error?.code === "query" ? list.error : undefined}
          is_kept={list.runs !== undefined}
          nothing={nothing ? <NothingFound q={view.q} /> : undefined}
          onChange={(q) => runs_view.set({ q })}
          complete={(text, cursor) => api.complete(text, cursor, "runs")}
        />
        <SaveView />
        <IconButton
          icon="link"
          label="Copy link"
          kind="plain"
          onClick={() =>
            void navigator.clipboard
              .writeText(location.href)
              .then(() => say("Link copied"))
          }
        />
      </Top>
      <main class="main" id="main">
        <RunsBar
          fields={fields}
          columns={columns}
          differs={params.differs}
          sort={sort}
        />
        {view.hide === "" && (findings.data?.length ?? 0) > 0 && (
          <Findings
            findings={findings.data ?? []}
            onHide={() => runs_view.set({ hide: "findings" })}
          />
        )}
        {list.waiting > 0 && (
          <div class="waiting">
            <Button small kind="quiet" icon="undo" onClick={list.reload}>
              {plural(list.waiting, "new run")}
            </Button>
          </div>
        )}
        {list.runs === undefined ? (
          <FirstLook list={list} />
        ) : runs.length === 0 ? (
          <NoRuns q={view.q} />
        ) : (
          <RunsTable
            runs={runs}
            columns={columns}
            main={main}
            largest={largest}
            sort={sort}
            colours={colours}
            params={params}
            selection={selection}
            at={at}
            onPoint={set_at}
            order={shown_order}
          />
        )}
        {selection.runs.length > 0 && view.dock && (
          <RunsDock
            runs={selection.runs}
            colours={colours}
            main={main}
            onClear={selection.clear}
            onDone={list.reload}
          />
        )}
      </main>
    </>
  );
}

function with_all_params(
  columns: readonly string[],
  paths: readonly string[],
): readonly string[] {
  const at = Math.max(
    1,
    columns.findIndex((key) => !key.startsWith("params.") && key !== "status"),
  );
  const missing = paths
    .map((path) => `params.${path}`)
    .filter((key) => !columns.includes(key));
  return [...columns.slice(0, at), ...missing, ...columns.slice(at)];
}

function FirstLook({
  list,
}: {
  list: ReturnType<typeof use_run_list>;
}): JSX.Element {
  if (list.error === undefined) return <Loading />;
  if (list.error.code === "query") {
    return (
      <Empty title="The query is not understood">
        Change it above, or empty it to see every run
      </Empty>
    );
  }
  return (
    <Empty title={list.error.message}>
      <Button small onClick={list.reload}>
        Try now
      </Button>
    </Empty>
  );
}

function NoRuns({ q }: { q: string }): JSX.Element {
  if (q !== "")
    return (
      <Empty title="No run matches">
        Change the query, or show archived runs
      </Empty>
    );
  return (
    <Empty title="No runs yet">
      They appear here as soon as one begins:{" "}
      <span class="mono">trailmark demo</span>,{" "}
      <span class="mono">trailmark train recipe.toml</span>, or a script that
      tracks into this repository
    </Empty>
  );
}
