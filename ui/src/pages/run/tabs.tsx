// The tabs of a run's page, each with how much stands behind it.

import type { JSX } from "preact";
import { compact, count } from "../../math/format.ts";
import { leaves } from "../../math/params.ts";
import type { SeriesName } from "../../math/series_name.ts";
import type { RunDetail } from "../../shapes.ts";
import { place } from "../../state.ts";
import { run_tabs, run_view } from "./view.ts";
import type { RunTab } from "./view.ts";

/** What each count counts. */
const count_words: Partial<Record<RunTab, string>> = {
  metrics: "Names of metrics",
  system: "Names of system metrics",
  logs: "Lines and records",
  params: "Params",
  answers: "Answers, over all checkpoints",
  texts: "Texts, over all steps",
  images: "Steps with images",
  audio: "Steps with audio",
  figures: "Steps with figures",
  distributions: "Steps with distributions",
  artifacts: "Files",
};

/** Tabs of what few runs have: they are there only where there is something behind them. */
const only_where_there_is: ReadonlySet<RunTab> = new Set([
  "images",
  "audio",
  "figures",
  "distributions",
  "artifacts",
]);

/** In a narrow window the row of tabs scrolls: the open one is seen. */
function into_view(tab: HTMLElement | null): void {
  const row = tab?.parentElement;
  if (tab === null || row === null || row === undefined) return;
  const [left, right] = [tab.offsetLeft, tab.offsetLeft + tab.offsetWidth];
  if (left < row.scrollLeft || right > row.scrollLeft + row.clientWidth)
    row.scrollLeft = left - 40;
}

export function Tabs({ run }: { run: RunDetail }): JSX.Element {
  const { tab } = run_view.values.value;
  const { pathname } = new URL(place.value.path, location.origin);
  const counts = counts_of(run);
  return (
    <nav class="tabs" aria-label="Parts of the run">
      {run_tabs.map((name) => {
        const n = counts[name];
        if (n === 0 && name !== tab && only_where_there_is.has(name))
          return null;
        const search = name === "overview" ? "" : `?tab=${name}`;
        return (
          <a
            key={name}
            href={`${pathname}${search}`}
            {...(name === tab ? { ref: into_view } : {})}
            class={`${name === tab ? "on" : ""}${n === 0 ? " off" : ""}`}
            aria-current={name === tab ? "page" : undefined}
          >
            {name.charAt(0).toUpperCase() + name.slice(1)}
            {n !== undefined && n > 0 && (
              <span class="count" title={count_words[name]}>
                {n < 100_000 ? count(n) : compact(n)}
              </span>
            )}
          </a>
        );
      })}
    </nav>
  );
}

/** What stands behind each tab; zero where there is nothing. */
export function counts_of(
  run: Pick<RunDetail, "series" | "params" | "note" | "artifacts">,
): Partial<Record<RunTab, number>> {
  const numbers = run.series.filter((series) => series.kind === "number");
  const is_system = (name: string): boolean => name.startsWith("__system__");
  const names = (wanted: boolean): number =>
    new Set(
      numbers
        .filter((one) => is_system(one.name) === wanted)
        .map((one) => one.name),
    ).size;
  const total = (kind: string): number =>
    run.series
      .filter((series) => series.kind === kind && !holds_checkpoints(series))
      .reduce((sum, series) => sum + series.count, 0);
  return {
    metrics: names(false),
    system: names(true),
    logs: total("log") + total("log_record"),
    params: leaves(run.params).length,
    answers: total("answer"),
    texts: total("text"),
    images: total("image"),
    audio: total("audio"),
    figures: total("figure"),
    distributions: total("distribution"),
    artifacts: run.artifacts,
    notes: run.note.trim() === "" ? 0 : 1,
  };
}

/** Where its checkpoints lie a run tells as a text of this name: it stands under its checkpoints, not among its texts. */
function holds_checkpoints({ name, context }: SeriesName): boolean {
  return name === "checkpoint" && Object.keys(context).length === 0;
}
