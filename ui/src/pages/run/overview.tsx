// A run at a glance: best figures with rank and margin, one sentence of diagnosis, its main curves, what the machine did.

import type { JSX } from "preact";
import { Icon } from "../../parts/icon.tsx";
import type { IconName } from "../../parts/icon.tsx";
import { Empty, Looks } from "../../parts/looks.tsx";
import { Sparkline } from "../../parts/sparkline.tsx";
import { duration } from "../../math/format.ts";
import type { FrameSeries } from "../../frame.ts";
import type { RunDetail } from "../../shapes.ts";
import type { RunFrame } from "./frame.ts";
import { duration_of } from "../run_cells.tsx";
import { RunFigures } from "./figures.tsx";
import { ChartGrid } from "./chart_grid.tsx";
import { RunSide } from "./side.tsx";
import { use_system_series } from "./system.tsx";
import { run_view } from "./view.ts";
import { use_series } from "../series_request.ts";
import { system_look, system_order } from "./system_series.ts";

const most_charts = 4;
const most_system = 4;

/** The first tab. */
export function RunOverview({ frame }: { frame: RunFrame }): JSX.Element {
  const { run } = frame;
  const look = use_series({
    runs: [run.id],
    columns: ["step", "epoch", "time", "value"],
    points: 1200,
  });
  const series = look.data?.series ?? [];
  return (
    <div class="scrolls overview">
      <div class="column">
        <RunFigures frame={frame} series={series} />
        {run.problems.map((problem) => (
          <div key={problem} class="note">
            <Icon name="warning" />
            {problem}
          </div>
        ))}
        {run.diagnosis !== undefined && <DiagnosisNote run={run} />}
        <Looks
          look={look}
          is_empty={(data) => data.series.length === 0}
          empty={
            <section class="panel">
              <Empty title="No metrics yet">
                {run.status === "running"
                  ? "Curves appear with the first point it logs"
                  : "This run logged none"}
              </Empty>
            </section>
          }
        >
          {(data) => (
            <ChartGrid
              series={data.series}
              find=""
              choice={{ x: "epoch", smooth: 0.9 }}
              start={run.created_at}
              most={most_charts}
            />
          )}
        </Looks>
        <SystemStrip frame={frame} />
      </div>
      <RunSide frame={frame} series={series} />
    </div>
  );
}

const looks: Readonly<
  Record<
    NonNullable<RunDetail["diagnosis"]>["kind"],
    readonly [string, IconName]
  >
> = {
  best: ["good", "flag"],
  overfits: ["info", "info"],
  diverged: ["", "warning"],
  failed: ["bad", "failed"],
  running: ["info", "running"],
  stopped: ["", "killed"],
  short: ["", "warning"],
};

function DiagnosisNote({ run }: { run: RunDetail }): JSX.Element | null {
  const { diagnosis } = run;
  if (diagnosis === undefined) return null;
  const [kind, icon] = looks[diagnosis.kind];
  const [head = "", ...rest] = diagnosis.sentence.split(/(?<=[.;:]) /);
  const is_broken =
    diagnosis.kind === "failed" || diagnosis.kind === "diverged";
  const target =
    is_broken && run.has.logs
      ? "logs"
      : run.has.answers
        ? "answers"
        : undefined;
  return (
    <div class={`note ${kind}`}>
      <Icon name={icon} />
      <span class="grow">
        <b>{head}</b> {rest.join(" ")}
      </span>
      {target !== undefined && (
        <button
          type="button"
          class="to-link small-text"
          onClick={() => run_view.set({ tab: target })}
        >
          Open {target}
        </button>
      )}
    </div>
  );
}

function SystemStrip({ frame }: { frame: RunFrame }): JSX.Element | null {
  const look = use_system_series(frame);
  const shown = [...(look.data?.series ?? [])]
    .filter((one) => one.rows > 0)
    .sort((a, b) => system_order(a) - system_order(b))
    .slice(0, most_system);
  if (shown.length === 0) return null;
  return (
    <section class="panel flat">
      <header>
        <h2>System</h2>
        <span class="small-text quiet-text">
          {duration(duration_of(frame.run))}, last values
        </span>
        <span class="grow" />
        <button
          type="button"
          class="to-link small-text pad-right"
          onClick={() => run_view.set({ tab: "system" })}
        >
          All
        </button>
      </header>
      <div class="system-strip">
        {shown.map((one) => (
          <SystemCell
            key={`${one.name} ${JSON.stringify(one.context)}`}
            series={one}
          />
        ))}
      </div>
    </section>
  );
}

function SystemCell({ series }: { series: FrameSeries }): JSX.Element {
  const { title, write } = system_look(series);
  const finite = [...series.value].filter(Number.isFinite);
  return (
    <div>
      <div class="in-row">
        <span class="small-text second-text grow clip">{title}</span>
        <span class="mono">{write(series.value[series.value.length - 1])}</span>
      </div>
      <Sparkline
        curve={{ x: series.time ?? series.step, y: series.value }}
        low={Math.min(0, ...finite)}
        high={Math.max(1e-9, ...finite) * 1.1}
        colour="var(--c1)"
        wide
      />
    </div>
  );
}
