// Beside a run's overview: tags and description, params, where it came from, its checkpoints.

import type { JSX } from "preact";
import type { FrameSeries } from "../../frame.ts";
import * as format from "../../math/format.ts";
import { is_series } from "../../math/series_name.ts";
import type { RunFrame } from "./frame.ts";
import { name_of } from "./chart_model.ts";
import { ParamsPanel } from "./params.tsx";
import { Provenance } from "./provenance.tsx";
import { run_view } from "./view.ts";
import { link_id } from "../../math/run_id.ts";
import { RunTags } from "./tags.tsx";

/** The right column of the overview. */
export function RunSide(props: {
  frame: RunFrame;
  series: readonly FrameSeries[];
}): JSX.Element {
  const { frame } = props;
  const { run } = frame;
  return (
    <div class="run-side">
      <section class="panel people">
        <div class="in-row wraps">
          <RunTags run={run} />
        </div>
        {run.description !== "" && (
          <p class="small-text second-text">{run.description}</p>
        )}
        {run.note.trim() !== "" && (
          <button
            type="button"
            class="small-text second-text note-line clip"
            onClick={() => run_view.set({ tab: "notes" })}
          >
            {run.note.trim().split("\n")[0]}
          </button>
        )}
      </section>
      {Object.keys(run.params).length > 0 && (
        <section class="panel">
          <ParamsPanel frame={frame} />
        </section>
      )}
      <Provenance run={run} />
      {run.checkpoints.length > 0 && (
        <Checkpoints frame={frame} series={props.series} />
      )}
    </div>
  );
}

const most_checkpoints = 6;

function Checkpoints({
  frame,
  series,
}: {
  frame: RunFrame;
  series: readonly FrameSeries[];
}): JSX.Element {
  const { run, main } = frame;
  const curve =
    main === undefined
      ? undefined
      : series.find((one) => is_series(name_of(one), main));
  const valued = run.checkpoints.map((checkpoint) => {
    const at = curve?.step.indexOf(checkpoint.step) ?? -1;
    return { ...checkpoint, value: at < 0 ? undefined : curve?.value[at] };
  });
  const finite = valued.flatMap(({ value }) =>
    value === undefined || !Number.isFinite(value) ? [] : [value],
  );
  const less = main !== undefined && format.is_less_better(main.name);
  const best = less ? Math.min(...finite) : Math.max(...finite);
  return (
    <section class="panel">
      <header>
        <h2>Checkpoints</h2>
        {main !== undefined && (
          <span class="small-text quiet-text">
            {main.name === "f1" ? "F1" : main.name} by step
          </span>
        )}
        <span class="grow" />
        {run.checkpoints.some((checkpoint) => checkpoint.is_here) && (
          <a
            class="to-link small-text pad-right"
            href={`/ask?run=${link_id(run)}`}
          >
            Ask one
          </a>
        )}
      </header>
      <div class="checkpoints">
        {valued.slice(-most_checkpoints).map((checkpoint) => (
          <div
            key={checkpoint.step}
            class={`${checkpoint.value === best ? "on" : ""}${checkpoint.is_here ? "" : " gone"}`}
            title={`${checkpoint.path}${checkpoint.is_here ? "" : ": no longer there"}`}
          >
            <div class="tiny-text quiet-text">
              {checkpoint.value === best ? "★ " : ""}
              {format.count(checkpoint.step)}
            </div>
            <div class={checkpoint.value === best ? "mono best" : "mono"}>
              {format.metric_named(main?.name ?? "", checkpoint.value)}
            </div>
          </div>
        ))}
      </div>
    </section>
  );
}
