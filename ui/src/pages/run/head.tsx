// The head of a run's page: who it is, its place among its siblings, what it can be compared with.

import { called } from "../../called.ts";
import type { JSX } from "preact";
import { use_keys } from "../../keys.ts";
import { use_label } from "../labels/labels.ts";
import { ranking } from "../../math/rank.ts";
import { say_series } from "../../math/series_name.ts";
import { IconButton } from "../../parts/button.tsx";
import { StatusMark, Swatch } from "../../parts/marks.tsx";
import { Menu } from "../../parts/menu.tsx";
import { say } from "../../parts/toast.tsx";
import type { RunDetail } from "../../shapes.ts";
import { go, place, write_search } from "../../state.ts";
import type { RunFrame } from "./frame.ts";
import { archive_runs, delete_runs } from "../run_edits.ts";
import { run_view } from "./view.ts";
import { link_id, run_path, shown_id } from "../../math/run_id.ts";

export function Heading({ frame }: { frame: RunFrame }): JSX.Element {
  const { run } = frame;
  const experiment = `/runs?${write_search([["q", `run.experiment == ${JSON.stringify(run.experiment)}`]])}`;
  return (
    <div class="in-row crumbs">
      <a class="second-text" href="/runs">
        Runs
      </a>
      <span class="quiet-text">/</span>
      <a
        class="second-text clip"
        href={experiment}
        title={use_label("experiment", run.experiment).description || undefined}
      >
        {run.experiment}
      </a>
      <span class="quiet-text">/</span>
      <Swatch color={frame.colour} />
      <h1 class="clip" title={run.description || called(run)}>
        {called(run)}
      </h1>
      <StatusMark status={run.status} pill title={run.status_detail?.message} />
      {run.archived && <span class="chip">archived</span>}
      <span class="mono quiet-text" title={run.id}>
        {shown_id(run)}
      </span>
      <IconButton
        icon="copy"
        label="Copy id"
        small
        onClick={() =>
          void navigator.clipboard
            .writeText(run.id)
            .then(() => say("Id copied"))
        }
      />
    </div>
  );
}

/** Its place among the runs of its experiment, and the ways to the next better and worse. */
export function Neighbours({ frame }: { frame: RunFrame }): JSX.Element {
  const { run, siblings, main } = frame;
  const ranked = main === undefined ? [] : ranking(siblings, main);
  const rest = siblings.filter((sibling) => !ranked.includes(sibling));
  const order = [...ranked, ...rest];
  const index = order.findIndex((one) => one.id === run.id);
  const is_ranked = index >= 0 && index < ranked.length;
  const words =
    main !== undefined && is_ranked
      ? `${index + 1} of ${ranked.length} by ${main.name === "f1" ? "F1" : say_series(main)}`
      : "not ranked: no eval";
  const to = (by: number): void => {
    const next = order[index + by];
    if (next !== undefined) go(`${run_path(next)}?${place.value.search}`);
  };
  use_keys([
    { keys: "K", does: "Better run", run: () => to(-1) },
    { keys: "J", does: "Next run", run: () => to(1) },
  ]);
  return (
    <span class="in-row small-text second-text">
      <span class="clip">{words}</span>
      <span class="in-row tight">
        <IconButton
          icon="up_arrow"
          label="Previous run"
          kind="plain"
          small
          not_now={index <= 0 ? "This is the first" : undefined}
          onClick={() => to(-1)}
        />
        <IconButton
          icon="down_arrow"
          label="Next run"
          kind="plain"
          small
          not_now={index + 1 >= order.length ? "This is the last" : undefined}
          onClick={() => to(1)}
        />
      </span>
    </span>
  );
}

export function CompareMenu({ frame }: { frame: RunFrame }): JSX.Element {
  const { run, siblings, main } = frame;
  const ranked = main === undefined ? [] : ranking(siblings, main);
  const other = ranked.find((one) => one.id !== run.id);
  const all = `run.experiment == ${JSON.stringify(run.experiment)}`;
  const none =
    other === undefined
      ? "No other run of the experiment is ranked"
      : undefined;
  const best = other === undefined ? "the best other run" : called(other);
  return (
    <Menu
      label="Compare"
      class="button"
      face={<>Compare…</>}
      items={[
        {
          label: `Diff with ${best}`,
          icon: "diff",
          not_now: none,
          run: () => other && go(`/diff?a=${link_id(other)}&b=${link_id(run)}`),
        },
        {
          label: `Answers against ${best}`,
          icon: "answers",
          not_now:
            none ??
            (run.has.answers && other?.has.answers
              ? undefined
              : "Both need answers"),
          run: () =>
            other && go(`/answers?a=${link_id(other)}&b=${link_id(run)}`),
        },
        {
          label: "Curves of the experiment",
          icon: "metrics",
          run: () => go(`/metrics?${write_search([["q", all]])}`),
        },
        {
          label: "Params of the experiment",
          icon: "params",
          run: () => go(`/params?${write_search([["q", all]])}`),
        },
      ]}
    />
  );
}

export function RunMenu({ run }: { run: RunDetail }): JSX.Element {
  return (
    <Menu
      label="More"
      class="button square"
      items={[
        {
          label: "Rename…",
          icon: "edit",
          run: () => run_view.set({ tab: "settings" }),
        },
        {
          label: run.archived ? "Bring back" : "Archive",
          icon: "archive",
          run: () => archive_runs([run]),
        },
        {
          label: "Delete…",
          icon: "trash",
          is_danger: true,
          run: () => delete_runs([run], () => go("/runs")),
        },
      ]}
    />
  );
}
