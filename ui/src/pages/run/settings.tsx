// What can be changed about a run: its name, experiment, description, whether it is archived, and whether it stays.

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { plural } from "../../math/format.ts";
import { Button } from "../../parts/button.tsx";
import type { Edit } from "../../schema.ts";
import { go } from "../../state.ts";
import type { RunFrame } from "./frame.ts";
import { archive_runs, delete_runs, edit_runs } from "../run_edits.ts";
import { RunTags } from "./tags.tsx";

/** The settings of a run. */
export function RunSettings({ frame }: { frame: RunFrame }): JSX.Element {
  const { run } = frame;
  const change = (edit: Edit, words: string): void =>
    void edit_runs([run], edit, words);
  return (
    <div class="scrolls">
      <section class="panel run-form">
        <header>
          <h2>What it is called</h2>
        </header>
        <div class="form">
          <TextField
            label="Name"
            value={run.name}
            onKeep={(name) => change({ name }, `Renamed to ${name}`)}
          />
          <TextField
            label="Experiment"
            value={run.experiment}
            onKeep={(experiment) =>
              change({ experiment }, `Moved to ${experiment}`)
            }
          />
          <TextField
            label="Description"
            value={run.description}
            may_be_empty
            onKeep={(description) =>
              change({ description }, "Description kept")
            }
          />
          <div class="field">
            <span>Tags</span>
            <span class="in-row wraps">
              <RunTags run={run} />
            </span>
          </div>
        </div>
      </section>
      <section class="panel run-form">
        <header>
          <h2>{run.archived ? "Archived" : "Archive or delete"}</h2>
        </header>
        <div class="form">
          <p class="second-text">
            An archived run is left out of searches and findings and keeps its
            data:{" "}
            {plural(
              run.metrics.reduce((sum, metric) => sum + metric.count, 0),
              "point",
            )}
            . A deleted run is hidden at once and its space is given back later.
          </p>
          <div class="in-row">
            <Button icon="archive" onClick={() => archive_runs([run])}>
              {run.archived ? "Bring back" : "Archive"}
            </Button>
            <Button
              icon="trash"
              kind="danger"
              onClick={() => delete_runs([run], () => go("/runs"))}
            >
              Delete…
            </Button>
          </div>
        </div>
      </section>
    </div>
  );
}

function TextField(props: {
  label: string;
  value: string;
  may_be_empty?: boolean;
  onKeep: (value: string) => void;
}): JSX.Element {
  const [draft, set_draft] = useState(props.value);
  useEffect(() => set_draft(props.value), [props.value]);
  const is_changed =
    draft.trim() !== props.value &&
    (draft.trim() !== "" || props.may_be_empty === true);
  const keep = (): void => {
    if (is_changed) props.onKeep(draft.trim());
  };
  return (
    <label class="field">
      <span>{props.label}</span>
      <span class="in-row">
        <input
          class="input"
          value={draft}
          spellcheck={false}
          onInput={(event) => set_draft(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter") keep();
            if (event.key === "Escape") set_draft(props.value);
          }}
        />
        <Button
          not_now={is_changed ? undefined : "Nothing changed"}
          onClick={keep}
        >
          Keep
        </Button>
      </span>
    </label>
  );
}
