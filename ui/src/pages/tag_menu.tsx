// Tags of runs: those that exist to tick, and a new one to type.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import * as api from "../api.ts";
import { Check } from "../parts/button.tsx";
import { use_request } from "../request.ts";
import type { Run } from "../shapes.ts";
import { toggle_tag } from "./run_edits.ts";
import { TagMark } from "./labels/tag_mark.tsx";

/** Gives tags to runs and takes them. */
export function TagMenu(props: {
  runs: readonly Run[];
  onDone: () => void;
}): JSX.Element {
  const look = use_request("fields runs ", (signal) =>
    api.fields("", "runs", signal),
  );
  const [find, set_find] = useState("");
  const word = find.trim();
  const own = props.runs.flatMap((run) => run.tags);
  const names = [
    ...new Set([...own, ...(look.data?.tags ?? []).map((tag) => tag.name)]),
  ].sort();
  const shown = names.filter((name) =>
    name.toLowerCase().includes(word.toLowerCase()),
  );
  const toggle = (name: string): void => {
    toggle_tag(props.runs, name, props.onDone);
    set_find("");
  };
  return (
    <div class="picker">
      <label class="find">
        <input
          autofocus
          value={find}
          placeholder="Find or add a tag"
          aria-label="Find or add a tag"
          maxLength={60}
          onInput={(event) => set_find(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter" && word !== "") toggle(word);
          }}
        />
      </label>
      <ul>
        {shown.map((name) => {
          const n = props.runs.filter((run) => run.tags.includes(name)).length;
          return (
            <li key={name} class="option" onClick={() => toggle(name)}>
              <Check
                on={n === props.runs.length}
                some={n > 0 && n < props.runs.length}
                label={name}
                onChange={() => toggle(name)}
              />
              <TagMark name={name} />
            </li>
          );
        })}
        {word !== "" && !names.includes(word) && (
          <li>
            <button type="button" class="option" onClick={() => toggle(word)}>
              Add <TagMark name={word} />
            </button>
          </li>
        )}
      </ul>
    </div>
  );
}
