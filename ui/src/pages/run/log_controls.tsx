// The controls of a log: which level, how time is written, what folds.

import type { JSX } from "preact";
import { count } from "../../math/format.ts";
import type { Level } from "../../math/log_lines.ts";
import { Choice, Switch } from "../../parts/button.tsx";
import { Menu, PickFace } from "../../parts/menu.tsx";
import { most_whole } from "./log_list.ts";
import type { LogList } from "./log_list.ts";
import { run_view } from "./view.ts";

export function LevelChoice({
  levels,
}: {
  levels: ReadonlyMap<number, Level>;
}): JSX.Element {
  const counts = (wanted: Level): number =>
    [...levels.values()].filter((level) => level === wanted).length;
  const [warnings, errors] = [counts("warning"), counts("error")];
  return (
    <Choice
      label="Level"
      value={run_view.values.value.level}
      options={[
        { value: "all", label: "All" },
        { value: "info", label: "Info" },
        {
          value: "warning",
          label: (
            <>
              Warning{" "}
              {warnings > 0 && (
                <span class="quiet-text">{count(warnings)}</span>
              )}
            </>
          ),
        },
        {
          value: "error",
          label: (
            <>Error {errors > 0 && <b class="bad-value">{count(errors)}</b>}</>
          ),
        },
      ]}
      onChange={(level) => run_view.set({ level })}
    />
  );
}

export function LogSwitches({ log }: { log: LogList }): JSX.Element {
  const view = run_view.values.value;
  const is_long = (log.total ?? 0) > most_whole;
  return (
    <>
      <Menu
        label="Time"
        class="pick"
        face={
          <PickFace label="Time">
            {view.time === "start" ? "since start" : "clock"}
          </PickFace>
        }
        items={[
          {
            label: "since start",
            on: view.time === "start",
            run: () => run_view.set({ time: "start" }),
          },
          {
            label: "clock",
            on: view.time === "clock",
            run: () => run_view.set({ time: "clock" }),
          },
        ]}
      />
      {is_long ? (
        <span
          class="small-text quiet-text"
          title={`Above ${count(most_whole)} lines nothing is folded`}
        >
          nothing folded
        </span>
      ) : (
        <Switch on={view.fold} onChange={(fold) => run_view.set({ fold })}>
          Fold progress
        </Switch>
      )}
      <Switch on={view.wrap} onChange={(wrap) => run_view.set({ wrap })}>
        Wrap
      </Switch>
    </>
  );
}
