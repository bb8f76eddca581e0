// What the explorers of runs share: the query above, its error, and the four looks of the runs that it finds.

import type { JSX } from "preact";
import * as api from "../api.ts";
import { count, plural } from "../math/format.ts";
import { Empty, Looks } from "../parts/looks.tsx";
import { QueryBox } from "../parts/query_box.tsx";
import { Top } from "../parts/top.tsx";
import { use_request } from "../request.ts";
import type { Runs } from "../shapes.ts";
import { SaveView } from "./views/views.tsx";

const most_runs = 5000;

/** A page over the runs that a query finds. */
export function RunExplorer(props: {
  readonly title: string;
  readonly q: string;
  readonly onQuery: (q: string) => void;
  readonly children: (runs: Runs) => JSX.Element;
}): JSX.Element {
  const { title, q } = props;
  const look = use_request(`runs?${title} ${q}`, (signal) =>
    api.runs({ q, limit: most_runs }, signal),
  );
  const error = look.error?.code === "query" ? look.error : undefined;
  const hits =
    look.data === undefined
      ? undefined
      : `${plural(look.data.total, "run")} · ${count(look.data.took_millis)} ms`;
  return (
    <>
      <Top title={title}>
        <QueryBox
          value={q}
          hits={hits}
          error={error}
          onChange={props.onQuery}
          complete={(text, cursor) => api.complete(text, cursor, "runs")}
        />
        <SaveView />
      </Top>
      <main class="main" id="main">
        {error !== undefined && look.data === undefined ? (
          <Empty title="The query cannot be read">
            It says above what is wrong
          </Empty>
        ) : (
          <Looks
            // The query box says the error already.
            look={error === undefined ? look : { ...look, error: undefined }}
            is_empty={(runs) => runs.runs.length === 0}
            empty={<NoRuns q={q} />}
          >
            {props.children}
          </Looks>
        )}
      </main>
    </>
  );
}

function NoRuns({ q }: { q: string }): JSX.Element {
  return q === "" ? (
    <Empty title="No runs yet">
      A run appears here as soon as it logs its first number: try{" "}
      <code>trailmark demo</code>
    </Empty>
  ) : (
    <Empty title="No run matches">
      Nothing in this repository fits the query above; clear it to see every run
    </Empty>
  );
}
