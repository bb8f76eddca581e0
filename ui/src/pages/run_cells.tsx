// Cells about how far a run is.

import type { JSX } from "preact";
import * as format from "../math/format.ts";
import { leaves, short_name } from "../math/params.ts";
import { Bar } from "../parts/marks.tsx";
import type { Run } from "../shapes.ts";

/** How long a run took, or takes. */
export function duration_of(run: Run): number {
  const end =
    run.ended_at ??
    (run.status === "running" ? Date.now() / 1000 : run.updated_at);
  return end - run.created_at;
}

/** Epochs done and wanted. */
export function epochs_of(run: Run): {
  readonly done: number | undefined;
  readonly wanted: number | undefined;
} {
  const done = Math.max(
    ...run.metrics.map((metric) => metric.last_epoch ?? -Infinity),
  );
  const names = ["num_train_epochs", "epochs", "max_epochs", "num_epochs"];
  const wanted = leaves(run.params).find(
    ({ path, value }) =>
      names.includes(short_name(path)) && typeof value === "number",
  );
  return {
    done: Number.isFinite(done) ? done : undefined,
    wanted: typeof wanted?.value === "number" ? wanted.value : undefined,
  };
}

const short = (value: number): string => String(Number(value.toFixed(1)));

/** Epochs done of those wanted; a bar while it runs. */
export function EpochsCell({ run }: { run: Run }): JSX.Element {
  const { done, wanted } = epochs_of(run);
  if (done === undefined) return <span class="quiet-text">{format.none}</span>;
  const words =
    wanted === undefined ? short(done) : `${short(done)}/${short(wanted)}`;
  if (run.status !== "running" || wanted === undefined)
    return <span class="mono second-text">{words}</span>;
  return (
    <span class="in-row with-bar mono second-text grow">
      <Bar share={done / wanted} color="var(--running)" />
      {words}
    </span>
  );
}

/** When a run started, or how long it still needs. */
export function StartedCell({ run }: { run: Run }): JSX.Element {
  const { done, wanted } = epochs_of(run);
  const title = format.time_full(run.created_at);
  if (
    run.status === "running" &&
    done !== undefined &&
    done > 0 &&
    wanted !== undefined &&
    wanted > done
  ) {
    const left = (duration_of(run) * (wanted - done)) / done;
    return (
      <span class="running-text" title={`started ${title}`}>
        {format.ago(left)} left
      </span>
    );
  }
  return (
    <span class="second-text" title={title}>
      {format.time(run.created_at)}
    </span>
  );
}
