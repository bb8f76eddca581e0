// The palette: to a page, or to a run by a part of its name.

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import * as api from "../api.ts";
import { page_links } from "../page_list.ts";
import { Icon } from "../parts/icon.tsx";
import type { IconName } from "../parts/icon.tsx";
import { StatusMark } from "../parts/marks.tsx";
import { use_request } from "../request.ts";
import type { Run } from "../shapes.ts";
import { go } from "../state.ts";
import { run_path } from "../math/run_id.ts";

interface Goal {
  readonly url: string;
  readonly label: string;
  readonly icon: IconName;
  readonly section: string;
  readonly run?: Run;
}

const most_runs = 8;

/** Opens with Ctrl K. */
export function Palette({ onClose }: { onClose: () => void }): JSX.Element {
  const box = useRef<HTMLDialogElement>(null);
  const [find, set_find] = useState("");
  const [at, set_at] = useState(0);
  useEffect(() => box.current?.showModal(), []);
  const q =
    find === ""
      ? ""
      : `${JSON.stringify(find.toLowerCase())} in run.name.lower()`;
  const look = use_request(
    `palette ${q}`,
    (signal) => api.runs({ q, limit: most_runs }, signal),
    { is_live: false },
  );
  const goals = [
    ...pages_named(find),
    ...(look.data?.runs ?? []).map(goal_of_run),
  ];
  const chosen = Math.min(at, goals.length - 1);
  const open = (goal: Goal | undefined): void => {
    if (goal === undefined) return;
    box.current?.close();
    go(goal.url);
  };
  return (
    <dialog
      ref={box}
      class="palette"
      aria-label="Go to"
      onClose={onClose}
      onClick={(event) => event.target === box.current && box.current?.close()}
    >
      <label class="ask">
        <Icon name="search" />
        <input
          autofocus
          value={find}
          aria-label="Go to"
          placeholder="A page or a run"
          spellcheck={false}
          onInput={(event) => {
            set_find(event.currentTarget.value);
            set_at(0);
          }}
          onKeyDown={(event) => {
            if (event.key === "ArrowDown")
              set_at(Math.min(goals.length - 1, chosen + 1));
            else if (event.key === "ArrowUp") set_at(Math.max(0, chosen - 1));
            else if (event.key === "Enter") open(goals[chosen]);
            else return;
            event.preventDefault();
          }}
        />
        <kbd>Esc</kbd>
      </label>
      <ul>
        {goals.map((goal, i) => (
          <li key={goal.url}>
            {goal.section !== goals[i - 1]?.section && <h3>{goal.section}</h3>}
            <button
              type="button"
              class={i === chosen ? "option on" : "option"}
              onClick={() => open(goal)}
            >
              <Icon name={goal.icon} />
              {goal.label}
              {goal.run !== undefined && (
                <span class="detail">
                  {goal.run.experiment} <StatusMark status={goal.run.status} />
                </span>
              )}
            </button>
          </li>
        ))}
        {goals.length === 0 && (
          <li class="section">Nothing is called “{find}”</li>
        )}
      </ul>
    </dialog>
  );
}

function pages_named(find: string): Goal[] {
  const word = find.toLowerCase();
  return page_links
    .filter((page) => page.name.toLowerCase().includes(word))
    .map((page) => ({
      url: page.path,
      label: page.name,
      icon: page.icon,
      section: "Pages",
    }));
}

function goal_of_run(run: Run): Goal {
  return {
    url: run_path(run),
    label: run.name,
    icon: "runs",
    section: "Runs",
    run,
  };
}
