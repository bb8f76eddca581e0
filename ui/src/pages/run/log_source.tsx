// Which log is shown: what was written to the terminal, or the records with their levels.

import type { JSX } from "preact";
import { Choice } from "../../parts/button.tsx";
import type { RunDetail } from "../../shapes.ts";
import { run_view } from "./view.ts";

const has = (run: RunDetail, kind: "log" | "log_record"): boolean =>
  run.series.some((series) => series.kind === kind && series.count > 0);

/** Whether the records are shown: where they are chosen, and where there is nothing else. */
export function shows_records(run: RunDetail): boolean {
  if (!has(run, "log_record")) return false;
  return run_view.values.value.from === "records" || !has(run, "log");
}

/** The choice between the two, where a run has both. */
export function LogSource({ run }: { run: RunDetail }): JSX.Element | null {
  if (!has(run, "log_record") || !has(run, "log")) return null;
  return (
    <Choice
      label="Log"
      value={run_view.values.value.from}
      options={[
        { value: "terminal", label: "Terminal" },
        { value: "records", label: "Records" },
      ]}
      onChange={(from) => run_view.set({ from, level: "all", find: "" })}
    />
  );
}
