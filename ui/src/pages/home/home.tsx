// Home: the best run of each experiment, what runs now, the latest, and when work was done.

import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import * as api from "../../api.ts";
import * as format from "../../math/format.ts";
import { run_colours } from "../../math/run_colour.ts";
import { write_series } from "../../math/series_name.ts";
import { use_labels } from "../labels/labels.ts";
import { Icon } from "../../parts/icon.tsx";
import { EditLabel } from "../labels/label_form.tsx";
import { Empty, Looks } from "../../parts/looks.tsx";
import { StatusMark } from "../../parts/marks.tsx";
import { Top } from "../../parts/top.tsx";
import { use_request } from "../../request.ts";
import type { Label } from "../../schema.ts";
import type { Home as HomeData, Run } from "../../shapes.ts";
import { write_search } from "../../state.ts";
import { Activity } from "./activity.tsx";
import { Best, RunName } from "./best.tsx";
import { EpochsCell, StartedCell, duration_of } from "../run_cells.tsx";
import { ViewList, use_views } from "../views/views.tsx";
import { TagMark } from "../labels/tag_mark.tsx";

/** The page at `/`. */
export function Home(_props: { rest: string }): JSX.Element {
  const look = use_request("home", api.home);
  const info = use_request("info", api.info);
  const path = info.data?.repository.path;
  return (
    <>
      <Top title="Home">
        <span class="mono quiet-text clip">{path}</span>
        <span class="grow" />
        {look.data !== undefined && (
          <span
            class="in-row small-text second-text"
            title="What the repository takes on disk"
          >
            <Icon name="disk" />
            {format.bytes(look.data.disk_bytes)}
          </span>
        )}
      </Top>
      <main class="main scrolls" id="main">
        <Looks
          look={look}
          is_empty={(home) => home.latest.length === 0}
          empty={
            <Empty title="No runs yet">
              They appear here as soon as one begins:{" "}
              <span class="mono">trailmark demo</span>,{" "}
              <span class="mono">trailmark train recipe.toml</span>, or a script
              that tracks into this repository
            </Empty>
          }
        >
          {(home) => <HomeParts home={home} />}
        </Looks>
      </main>
    </>
  );
}

function HomeParts({ home }: { home: HomeData }): JSX.Element {
  const colours = useMemo(() => {
    const runs = [
      ...home.latest,
      ...home.running,
      ...home.best.map((best) => best.run),
    ];
    return run_colours([...new Map(runs.map((run) => [run.id, run])).values()]);
  }, [home]);
  return (
    <div class="home">
      <div class="column">
        <Best best={home.best} colours={colours} />
        {home.running.length > 0 && (
          <Running runs={home.running} colours={colours} />
        )}
        <Latest runs={home.latest} colours={colours} />
      </div>
      <div class="column">
        <Activity days={home.activity} />
        <Views />
        <Experiments home={home} />
        <Tags home={home} />
      </div>
    </div>
  );
}

function Running(props: {
  runs: readonly Run[];
  colours: ReadonlyMap<string, string>;
}): JSX.Element {
  return (
    <section class="panel">
      <header>
        <h2>Running now</h2>
        <span class="small-text quiet-text">
          {format.plural(props.runs.length, "run")}
        </span>
      </header>
      <table class="plain">
        <tbody>
          {props.runs.map((run) => (
            <tr key={run.id}>
              <td>
                <RunName run={run} colours={props.colours} />
              </td>
              <td class="second-text">{run.experiment}</td>
              <td>
                <EpochsCell run={run} />
              </td>
              <td class="mono second-text">{latest_value(run)}</td>
              <td class="number">{format.duration(duration_of(run))}</td>
              <td class="number">
                <StartedCell run={run} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** The last of the most logged metric. */
function latest_value(run: Run): string {
  const metric =
    [...run.metrics]
      .sort((a, b) => b.count - a.count)
      .find((one) => one.name === "loss") ?? run.metrics[0];
  return metric === undefined
    ? format.none
    : `${write_series(metric)} ${format.metric_named(metric.name, metric.last)}`;
}

function Latest(props: {
  runs: readonly Run[];
  colours: ReadonlyMap<string, string>;
}): JSX.Element {
  return (
    <section class="panel">
      <header>
        <h2>Latest runs</h2>
        <span class="grow" />
        <a class="to-link small-text pad-right" href="/runs?sort=-started">
          All runs
        </a>
      </header>
      <table class="plain">
        <tbody>
          {props.runs.map((run) => (
            <tr key={run.id}>
              <td>
                <RunName run={run} colours={props.colours} />
              </td>
              <td class="cell-status">
                <StatusMark
                  status={run.status}
                  title={run.status_detail?.message}
                />
              </td>
              <td class="second-text">{run.experiment}</td>
              <td class="number second-text">
                {format.duration(duration_of(run))}
              </td>
              <td
                class="number second-text"
                title={format.time_full(run.created_at)}
              >
                {format.time(run.created_at)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Experiments({ home }: { home: HomeData }): JSX.Element {
  const now = Date.now() / 1000;
  const labels = use_labels().experiments;
  return (
    <section class="panel">
      <header>
        <h2>Experiments</h2>
        <span class="small-text quiet-text">{home.experiments.length}</span>
      </header>
      <ul class="links">
        {home.experiments.map((experiment) => (
          <li key={experiment.name} class="labelled">
            <a
              href={`/runs?${write_search([["q", `run.experiment == ${JSON.stringify(experiment.name)}`]])}`}
            >
              <span class="clip grow">
                {experiment.name}
                <Said
                  label={labels.find((one) => one.name === experiment.name)}
                />
              </span>
              <span class="quiet-text">
                {format.ago(now - experiment.last_created_at)} ago
              </span>
              <span class="mono second-text">
                {format.count(experiment.runs)}
              </span>
            </a>
            <EditLabel of="experiment" name={experiment.name} />
          </li>
        ))}
      </ul>
    </section>
  );
}

/** The first line of a description, below a name. */
function Said({ label }: { label: Label | undefined }): JSX.Element | null {
  if (label === undefined || label.description === "") return null;
  const [first] = label.description.split("\n");
  return (
    <span class="said clip small-text quiet-text" title={label.description}>
      {first}
    </span>
  );
}

function Views(): JSX.Element {
  const views = use_views().data?.views ?? [];
  return (
    <section class="panel" aria-label="Views">
      <header>
        <h2>Views</h2>
        <span class="small-text quiet-text">{views.length}</span>
      </header>
      {views.length === 0 ? (
        <Empty title="No views yet">
          “Save view” keeps what an explorer shows under a name
        </Empty>
      ) : (
        <ViewList views={views} />
      )}
    </section>
  );
}

function Tags({ home }: { home: HomeData }): JSX.Element {
  return (
    <section class="panel">
      <header>
        <h2>Tags</h2>
        <span class="small-text quiet-text">{home.tags.length}</span>
      </header>
      {home.tags.length === 0 ? (
        <Empty title="No tags yet">
          Select runs and give them one: people find them again by it
        </Empty>
      ) : (
        <p class="tag-cloud">
          {home.tags.map((tag) => (
            <span key={tag.name} class="labelled">
              <a
                href={`/runs?${write_search([["q", `${JSON.stringify(tag.name)} in run.tags`]])}`}
              >
                <TagMark name={tag.name} />{" "}
                <span class="small-text quiet-text">
                  {format.count(tag.runs)}
                </span>
              </a>
              <EditLabel of="tag" name={tag.name} />
            </span>
          ))}
        </p>
      )}
    </section>
  );
}
