// The palette: to a page, a run, a metric or an action, by a part of its name.

import { called } from "../../called.ts";
import type { JSX } from "preact";
import {
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from "preact/hooks";
import * as api from "../../api.ts";
import * as format from "../../math/format.ts";
import { say_series, subset_of, value_of } from "../../math/series_name.ts";
import { Icon } from "../../parts/icon.tsx";
import { StatusMark } from "../../parts/marks.tsx";
import { use_request } from "../../request.ts";
import type { Run } from "../../shapes.ts";
import { go } from "../../state.ts";
import {
  action_goals,
  metric_goals,
  page_goals,
  rank_goals,
  run_goal,
  runs_query,
  view_goals,
} from "./goals.ts";
import type { Goal, Ranked } from "./goals.ts";
import { duration_of } from "../run_cells.tsx";
import { use_views } from "../views/views.tsx";
import { TagMark } from "../labels/tag_mark.tsx";

const most_runs = 8;

/** Opens with Ctrl K. */
export function Palette({ onClose }: { onClose: () => void }): JSX.Element {
  const box = useRef<HTMLDialogElement>(null);
  const [find, set_find] = useState("");
  const [at, set_at] = useState(0);
  // Before the next key comes, so that none that follows Ctrl K is lost or read as a key of the page.
  useLayoutEffect(() => box.current?.showModal(), []);
  const ranked = use_goals(find);
  const chosen = Math.max(0, Math.min(at, ranked.length - 1));
  useEffect(() => {
    box.current
      ?.querySelector(".option.on")
      ?.scrollIntoView({ block: "nearest" });
  }, [chosen, ranked.length]);
  // The dialog tells of its end later, when the next palette may be open already: the end is told once, at once.
  const is_left = useRef(false);
  const leave = (): void => {
    if (is_left.current) return;
    is_left.current = true;
    onClose();
  };
  const open = (goal: Goal | undefined, is_apart: boolean): void => {
    if (goal === undefined) return;
    box.current?.close();
    leave();
    if (goal.url === undefined) goal.act?.();
    else if (is_apart) window.open(goal.url, "_blank", "noopener");
    else go(goal.url);
  };
  const keydown = (event: KeyboardEvent): void => {
    if (event.key === "ArrowDown")
      set_at(Math.min(ranked.length - 1, chosen + 1));
    else if (event.key === "ArrowUp") set_at(Math.max(0, chosen - 1));
    else if (event.key === "Enter")
      open(ranked[chosen]?.goal, event.ctrlKey || event.metaKey);
    else return;
    event.preventDefault();
  };
  return (
    <dialog
      ref={box}
      class="palette"
      aria-label="Go to"
      onClose={leave}
      onClick={(event) => event.target === box.current && box.current?.close()}
    >
      <label class="ask">
        <Icon name="search" />
        <input
          autofocus
          value={find}
          role="combobox"
          aria-label="Go to"
          aria-expanded={true}
          aria-controls="goals"
          aria-activedescendant={`goal-${chosen}`}
          placeholder="A page, a run, a metric or an action"
          spellcheck={false}
          onInput={(event) => {
            set_find(event.currentTarget.value);
            set_at(0);
          }}
          onKeyDown={keydown}
        />
        <kbd>Esc</kbd>
      </label>
      <div class="palette-body">
        <ul id="goals" role="listbox" aria-label="Found">
          {ranked.map((one, i) => (
            <GoalRow
              key={one.goal.key}
              ranked={one}
              at={i}
              heading={
                one.section === ranked[i - 1]?.section ? undefined : one.section
              }
              is_on={i === chosen}
              onOpen={(is_apart) => open(one.goal, is_apart)}
            />
          ))}
          {ranked.length === 0 && (
            <li class="section" role="presentation">
              Nothing is called “{find}”
            </li>
          )}
        </ul>
        <Preview run={ranked[chosen]?.goal.run} />
      </div>
      <footer class="palette-foot small-text quiet-text">
        <kbd>↑</kbd>
        <kbd>↓</kbd> move <kbd>Enter</kbd> open <kbd>Ctrl Enter</kbd> new tab
      </footer>
    </dialog>
  );
}

function use_goals(find: string): readonly Ranked[] {
  const q = runs_query(find);
  const runs = use_request(
    `palette ${q}`,
    (signal) => api.runs({ q, limit: most_runs }, signal),
    { is_live: false },
  );
  const fields = use_request("fields metrics ", (signal) =>
    api.fields("", "metrics", signal),
  );
  const views = use_views();
  return useMemo(
    () =>
      rank_goals(find, [
        ...(find.trim() === "" ? [] : (runs.data?.runs ?? []).map(run_goal)),
        ...page_goals(),
        ...(find.trim() === "" ? (runs.data?.runs ?? []).map(run_goal) : []),
        ...view_goals(views.data?.views ?? []),
        ...metric_goals(fields.data?.metrics ?? []),
        ...action_goals(),
      ]),
    [find, runs.data, fields.data, views.data],
  );
}

function GoalRow(props: {
  ranked: Ranked;
  at: number;
  heading: string | undefined;
  is_on: boolean;
  onOpen: (is_apart: boolean) => void;
}): JSX.Element {
  const { goal, places } = props.ranked;
  return (
    <>
      {props.heading !== undefined && (
        <li class="section" role="presentation">
          {props.heading}
        </li>
      )}
      <li
        id={`goal-${props.at}`}
        role="option"
        aria-selected={props.is_on}
        class={props.is_on ? "option on" : "option"}
        onClick={(event) => props.onOpen(event.ctrlKey || event.metaKey)}
      >
        <Icon name={goal.icon} />
        <span class="clip">
          <Marked text={goal.label} places={places} />
        </span>
        <span class="detail">
          {goal.detail}
          {goal.run !== undefined && <StatusMark status={goal.run.status} />}
          {goal.keys?.split(" ").map((key) => (
            <kbd key={key}>{key}</kbd>
          ))}
        </span>
      </li>
    </>
  );
}

function Marked(props: {
  text: string;
  places: readonly (readonly [number, number])[];
}): JSX.Element {
  let from = 0;
  const parts = props.places.flatMap(([start, end]) => {
    if (start < from) return [];
    const before = props.text.slice(from, start);
    from = end;
    return [before, <b key={start}>{props.text.slice(start, end)}</b>];
  });
  return (
    <>
      {parts}
      {props.text.slice(from)}
    </>
  );
}

const most_figures = 5;

/** What is known of a run, beside the list. */
function Preview({ run }: { run: Run | undefined }): JSX.Element {
  if (run === undefined) return <></>;
  const metrics = [...run.metrics]
    .sort(
      (a, b) =>
        Number(subset_of(b.context) === "eval") -
        Number(subset_of(a.context) === "eval"),
    )
    .slice(0, most_figures);
  return (
    <aside class="palette-preview small-text" aria-label="Preview">
      <b>{called(run)}</b>
      <span class="in-row">
        <StatusMark status={run.status} />
        {run.tags.slice(0, 3).map((tag) => (
          <TagMark key={tag} name={tag} />
        ))}
      </span>
      <dl>
        {metrics.map((metric) => (
          <div key={say_series(metric)}>
            <dt class="clip">Best {say_series(metric)}</dt>
            <dd class="mono">
              {format.metric_named(metric.name, value_of(metric, "best").value)}
            </dd>
          </div>
        ))}
        <div>
          <dt>Duration</dt>
          <dd class="mono">{format.duration(duration_of(run))}</dd>
        </div>
        <div>
          <dt>Begun</dt>
          <dd>{format.time(run.created_at)}</dd>
        </div>
      </dl>
    </aside>
  );
}
