// What people write about a run; kept when the box is left.

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Button } from "../../parts/button.tsx";
import type { RunFrame } from "./frame.ts";
import { edit_runs } from "../run_edits.ts";

/** The notes of a run. */
export function RunNotes({ frame }: { frame: RunFrame }): JSX.Element {
  const { run } = frame;
  const [draft, set_draft] = useState(run.note);
  useEffect(() => set_draft(run.note), [run.note]);
  const is_changed = draft !== run.note;
  const save = (): void => {
    if (is_changed) void edit_runs([run], { note: draft }, "Note kept");
  };
  return (
    <div class="scrolls">
      <section class="panel run-form">
        <header>
          <h2>Notes</h2>
          <span class="small-text quiet-text">
            plain text or Markdown; the palette finds it
          </span>
        </header>
        <div class="form">
          <textarea
            class="input mono"
            rows={18}
            value={draft}
            aria-label="Notes"
            placeholder="What was tried, what was seen, what comes next"
            onInput={(event) => set_draft(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key === "Enter" && (event.ctrlKey || event.metaKey))
                save();
            }}
          />
          <div class="in-row">
            <span class="small-text quiet-text">
              {is_changed ? "Not kept yet" : ""}
            </span>
            <span class="grow" />
            <Button
              kind="quiet"
              not_now={is_changed ? undefined : "Nothing changed"}
              onClick={() => set_draft(run.note)}
            >
              Discard
            </Button>
            <Button
              kind="prime"
              keys="Ctrl ↵"
              not_now={is_changed ? undefined : "Nothing changed"}
              onClick={save}
            >
              Keep
            </Button>
          </div>
        </div>
      </section>
    </div>
  );
}
