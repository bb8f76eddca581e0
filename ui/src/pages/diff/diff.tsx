// Diff: two runs side by side: by how much they differ in what they came to, and in what they were given.

import { called } from "../../called.ts";
import type { JSX } from "preact";
import * as api from "../../api.ts";
import { link_id, run_path } from "../../math/run_id.ts";
import { IconButton, Switch } from "../../parts/button.tsx";
import { FindMenu } from "../../parts/find_menu.tsx";
import { Empty, Looks } from "../../parts/looks.tsx";
import { Top } from "../../parts/top.tsx";
import { Who } from "../../parts/verdict.tsx";
import { use_request } from "../../request.ts";
import type { Run, RunDetail } from "../../shapes.ts";
import { DiffCurves } from "./curves.tsx";
import { DiffFigures, DiffMetrics } from "./figures.tsx";
import { DiffParts } from "./parts.tsx";
import { diff_view } from "./view.ts";
import { SaveView } from "../views/views.tsx";

const most_runs = 1000;

/** The Diff page. */
export function Diff(_props: { readonly rest: string }): JSX.Element {
  const look = use_request("diff runs", (signal) =>
    api.runs({ sort: "-metrics.f1.max", limit: most_runs }, signal),
  );
  return <Looks look={look}>{(answer) => <Chosen runs={answer.runs} />}</Looks>;
}

function Chosen({ runs }: { runs: readonly Run[] }): JSX.Element {
  const values = diff_view.values.value;
  const a = values.a === "" ? runs[1]?.id : values.a;
  const b = values.b === "" ? runs[0]?.id : values.b;
  const left = use_request(a && `run ${a}`, (signal) =>
    api.run(a ?? "", signal),
  );
  const right = use_request(b && `run ${b}`, (signal) =>
    api.run(b ?? "", signal),
  );
  return (
    <>
      <Top
        title="Diff"
        heading={
          <div class="in-row crumbs">
            <a class="second-text" href="/runs">
              Runs
            </a>
            <span class="quiet-text">/</span>
            <h1>Diff</h1>
          </div>
        }
      >
        <RunPick letter="A" runs={runs} run={left.data} />
        <IconButton
          icon="swap"
          label="Swap A and B"
          small
          onClick={() => diff_view.set({ a: b ?? "", b: a ?? "" })}
        />
        <RunPick letter="B" runs={runs} run={right.data} />
        <span class="grow" />
        <Switch
          on={!values.all}
          title="Equal params, packages and the like are folded"
          onChange={(on) => diff_view.set({ all: !on })}
        >
          Only what differs
        </Switch>
        <SaveView />
      </Top>
      <main class="main" id="main">
        {a === undefined || b === undefined ? (
          <Empty title="Two runs are needed">
            They are compared here as soon as they are tracked
          </Empty>
        ) : (
          <div class="scrolls">
            <Looks look={left}>
              {(one) => (
                <Looks look={right}>
                  {(other) => <Both a={one} b={other} />}
                </Looks>
              )}
            </Looks>
          </div>
        )}
      </main>
    </>
  );
}

function RunPick(props: {
  letter: "A" | "B";
  runs: readonly Run[];
  run: RunDetail | undefined;
}): JSX.Element {
  const { letter, run } = props;
  return (
    <span class="in-row">
      <Who letter={letter} />
      <FindMenu
        label={`Run ${letter}`}
        face={run === undefined ? "…" : called(run)}
        value={run?.id ?? ""}
        options={props.runs.map((one) => ({
          value: one.id,
          label: called(one),
          detail: one.experiment,
        }))}
        onChange={(id) => {
          const word = link_id({ id });
          diff_view.set(letter === "A" ? { a: word } : { b: word });
        }}
      />
    </span>
  );
}

function Both({ a, b }: { a: RunDetail; b: RunDetail }): JSX.Element {
  if (a.id === b.id)
    return (
      <Empty title="A and B are the same run">
        Choose another one above, or open{" "}
        <a class="to-link" href={run_path(a)}>
          {called(a)}
        </a>
      </Empty>
    );
  return (
    <div class="diff">
      <DiffFigures a={a} b={b} />
      <div class="diff-columns">
        <div class="diff-column">
          <DiffParts a={a} b={b} />
        </div>
        <div class="diff-column">
          <DiffMetrics a={a} b={b} />
          <DiffCurves a={a} b={b} />
        </div>
      </div>
    </div>
  );
}
