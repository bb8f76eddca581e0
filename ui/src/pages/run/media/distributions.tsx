// The distributions of a run: for each series a map of values over steps, and the histogram at the chosen step.

import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import * as api from "../../../api_of_objects.ts";
import { count } from "../../../math/format.ts";
import { all_steps } from "../../../math/steps.ts";
import { say_series, write_series } from "../../../math/series_name.ts";
import { Button, Choice } from "../../../parts/button.tsx";
import { Empty, Loading, Looks } from "../../../parts/looks.tsx";
import { use_near } from "../../../parts/near.ts";
import { StepSlider } from "../../../parts/step_slider.tsx";
import { TextFind } from "../../../parts/text_find.tsx";
import { use_request } from "../../../request.ts";
import type { SeriesSteps } from "../../../schema.ts";
import type { RunFrame } from "../frame.ts";
import { run_view } from "../view.ts";
import { DistributionPanel } from "./distribution_panel.tsx";

/** Steps of a map: as many columns as it has pixels to spare. */
const most_steps = 300;

/** The tab of distributions. */
export function RunDistributions({ frame }: { frame: RunFrame }): JSX.Element {
  const { id } = frame.run;
  const view = run_view.values.value;
  const look = use_request(`object steps ${id} distribution`, (signal) =>
    api.object_steps(id, "distribution", signal),
  );
  const all = look.data?.series.filter((one) => one.total > 0) ?? [];
  const word = view.find.trim().toLowerCase();
  const shown = all.filter((one) =>
    view.series === ""
      ? say_series(one).toLowerCase().includes(word)
      : write_series(one) === view.series,
  );
  return (
    <>
      <div class="controls media-controls">
        <TextFind
          label="Find a series"
          width={220}
          value={view.find}
          onChange={(find) => run_view.set({ find })}
        />
        {view.series !== "" && (
          <Button
            small
            icon="undo"
            onClick={() => run_view.set({ series: "" })}
          >
            All {count(all.length)} series
          </Button>
        )}
        <StepSlider
          steps={all_steps(shown)}
          step={view.step}
          onStep={(step) => run_view.set({ step })}
        />
        <span class="grow" />
        <span class="small-text second-text">Colour</span>
        <Choice
          small
          label="Colour"
          value={view.colour}
          options={[
            { value: "linear", label: "Linear" },
            {
              value: "log",
              label: "Log",
              title: "Shows what is rare too: three powers of ten",
            },
          ]}
          onChange={(colour) => run_view.set({ colour })}
        />
      </div>
      <div class="scrolls">
        <Looks
          look={look}
          is_empty={() => all.length === 0}
          empty={
            <Empty title="No distributions">
              A run tracks them with{" "}
              <span class="mono">
                run.track(Distribution(weights), name="weights", step=50)
              </span>
            </Empty>
          }
        >
          {() => (
            <div class={view.series === "" ? "media" : "media alone"}>
              {shown.length === 0 && (
                <Empty title="No series has these words" />
              )}
              {shown.map((series) => (
                <Asked
                  key={write_series(series)}
                  run={frame.run}
                  series={series}
                />
              ))}
            </div>
          )}
        </Looks>
      </div>
    </>
  );
}

/** A series, asked for when it comes near the window. */
function Asked(props: {
  run: { readonly id: string };
  series: SeriesSteps;
}): JSX.Element {
  const { run, series } = props;
  const { name } = series;
  const { step } = run_view.values.value;
  const host = useRef<HTMLDivElement>(null);
  const is_near = use_near(host);
  const context = JSON.stringify(series.context);
  const key = is_near ? `objects ${run.id} ${write_series(series)}` : undefined;
  const look = use_request(key, (signal) =>
    api.objects(
      run.id,
      {
        kind: "distribution",
        name,
        context,
        steps: most_steps,
        limit: most_steps * Math.max(1, series.most),
      },
      signal,
    ),
  );
  // Of a long series the chosen step may be none of those of the map.
  const wants_one = series.steps.length > most_steps && step !== undefined;
  const one = use_request(
    key === undefined || !wants_one ? undefined : `${key} at ${step}`,
    (signal) =>
      api.objects(
        run.id,
        { kind: "distribution", name, context, at: step ?? 0 },
        signal,
      ),
  );
  return (
    <div ref={host} class="distribution-place">
      {look.data === undefined && look.error === undefined ? (
        <section class="panel media-group" aria-label={say_series(series)}>
          <header>
            <h2 class="clip">{series.name}</h2>
          </header>
          <div class="distribution-body">{is_near && <Loading />}</div>
        </section>
      ) : (
        <Looks look={look}>
          {(found) => (
            <DistributionPanel
              run={run}
              series={series}
              sampled={found.objects}
              exact={wants_one ? one.data?.objects : undefined}
            />
          )}
        </Looks>
      )}
    </div>
  );
}
