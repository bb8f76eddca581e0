// A run: who it is, how it stands among its siblings, and everything it recorded, in tabs.

import { called } from "../../called.ts";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import * as api from "../../api.ts";
import { run_colours } from "../../math/run_colour.ts";
import { main_metric } from "../../math/series_name.ts";
import type { SeriesName } from "../../math/series_name.ts";
import { Empty, Looks } from "../../parts/looks.tsx";
import { Top } from "../../parts/top.tsx";
import { use_request } from "../../request.ts";
import type { Run, RunDetail } from "../../shapes.ts";
import { RunAnswers } from "./answers.tsx";
import { RunArtifacts } from "./artifacts.tsx";
import type { RunFrame } from "./frame.ts";
import { CompareMenu, Heading, Neighbours, RunMenu } from "./head.tsx";
import { shows_records } from "./log_source.tsx";
import { RunLogs } from "./logs.tsx";
import { RunAudio } from "./media/audio.tsx";
import { RunDistributions } from "./media/distributions.tsx";
import { RunFigures } from "./media/figures.tsx";
import { RunImages } from "./media/images.tsx";
import { RunMetrics } from "./metrics.tsx";
import { RunNotes } from "./notes.tsx";
import { RunOverview } from "./overview.tsx";
import { RunParams } from "./params.tsx";
import { RunRecords } from "./records.tsx";
import { RunSettings } from "./settings.tsx";
import { RunSystem } from "./system.tsx";
import { Tabs } from "./tabs.tsx";
import { RunTexts } from "./texts.tsx";
import { run_view } from "./view.ts";
import type { RunTab } from "./view.ts";

/** The page at `/runs/ID`. */
export function RunPage({ rest }: { rest: string }): JSX.Element {
  const look = use_request(`run ${rest}`, (signal) => api.run(rest, signal));
  const is_gone = look.error?.code === "not_found";
  if (is_gone) return <GoneRun id={rest} was={look.data} />;
  return (
    <Looks look={look}>{(run) => <KnownRun key={run.id} run={run} />}</Looks>
  );
}

/** What ranks the runs of an experiment: a run without it is not ranked. */
function main_of(runs: readonly Run[]): SeriesName | undefined {
  return main_metric(
    runs.flatMap((run) =>
      run.metrics.map((metric) => ({ ...metric, runs: 1 })),
    ),
  );
}

function GoneRun({
  id,
  was,
}: {
  id: string;
  was: RunDetail | undefined;
}): JSX.Element {
  return (
    <>
      <Top title="No such run" />
      <main class="main" id="main">
        <Empty
          title={
            was === undefined ? "No run has this id" : `${was.name} was deleted`
          }
        >
          <span class="mono">{id}</span> ·{" "}
          <a class="to-link" href="/runs">
            All runs
          </a>
        </Empty>
      </main>
    </>
  );
}

function KnownRun({ run }: { run: RunDetail }): JSX.Element {
  const q = `run.experiment == ${JSON.stringify(run.experiment)}`;
  const look = use_request(`siblings ${q}`, (signal) =>
    api.runs({ q, limit: 500 }, signal),
  );
  const siblings = look.data?.runs ?? [run];
  const colour = useMemo(
    () => run_colours(siblings).get(run.id) ?? "var(--c1)",
    [siblings, run.id],
  );
  const main = useMemo(() => main_of(siblings), [siblings]);
  const frame: RunFrame = { run, siblings, main, colour };
  const { tab } = run_view.values.value;
  return (
    <>
      <Top title={called(run)} heading={<Heading frame={frame} />}>
        <span class="grow" />
        <Neighbours frame={frame} />
        <CompareMenu frame={frame} />
        <RunMenu run={run} />
      </Top>
      <main class="main" id="main">
        <Tabs run={run} />
        <Tab tab={tab} frame={frame} />
      </main>
    </>
  );
}

function Tab({ tab, frame }: { tab: RunTab; frame: RunFrame }): JSX.Element {
  switch (tab) {
    case "overview":
      return <RunOverview frame={frame} />;
    case "metrics":
      return <RunMetrics frame={frame} />;
    case "system":
      return <RunSystem frame={frame} />;
    case "logs":
      return shows_records(frame.run) ? (
        <RunRecords frame={frame} />
      ) : (
        <RunLogs frame={frame} />
      );
    case "params":
      return <RunParams frame={frame} />;
    case "answers":
      return <RunAnswers frame={frame} />;
    case "texts":
      return <RunTexts frame={frame} />;
    case "images":
      return <RunImages frame={frame} />;
    case "audio":
      return <RunAudio frame={frame} />;
    case "figures":
      return <RunFigures frame={frame} />;
    case "distributions":
      return <RunDistributions frame={frame} />;
    case "artifacts":
      return <RunArtifacts frame={frame} />;
    case "notes":
      return <RunNotes frame={frame} />;
    case "settings":
      return <RunSettings frame={frame} />;
  }
}
