// The frame of the tabs of images, audio and figures: find, step, series; a panel for each series with its values.

import type { ComponentChildren, JSX } from "preact";
import { useState } from "preact/hooks";
import * as api from "../../../api_of_objects.ts";
import type { ObjectKind } from "../../../api_of_objects.ts";
import { count, param, plural } from "../../../math/format.ts";
import { all_steps } from "../../../math/steps.ts";
import { say_series, write_series } from "../../../math/series_name.ts";
import { Button } from "../../../parts/button.tsx";
import { Empty, Looks } from "../../../parts/looks.tsx";
import { StepSlider } from "../../../parts/step_slider.tsx";
import { TextFind } from "../../../parts/text_find.tsx";
import { use_request } from "../../../request.ts";
import type { RunFrame } from "../frame.ts";
import { run_view } from "../view.ts";
import { groups_of } from "./group.ts";
import type { MediaGroup } from "./group.ts";
import { SeriesHeading } from "./series_heading.tsx";
import { SeriesMenu } from "./series_menu.tsx";

interface MediaProps {
  readonly frame: RunFrame;
  readonly kind: ObjectKind;
  /** What one value and several are called. */
  readonly nouns: readonly [string, string];
  /** How a run comes to have such values. */
  readonly how: ComponentChildren;
  readonly controls?: ComponentChildren;
  readonly children: (
    groups: readonly MediaGroup[],
    panel: (group: MediaGroup, body: ComponentChildren) => JSX.Element,
  ) => ComponentChildren;
}

/** Values that are asked for at once. */
const page_size = 600;
/** Later than every step. */
const last_step = Number.MAX_SAFE_INTEGER;

/** A tab of values that are looked at or listened to, step by step. */
export function Media(props: MediaProps): JSX.Element {
  const { frame, kind } = props;
  const { id } = frame.run;
  const [limit, set_limit] = useState(page_size);
  const view = run_view.values.value;
  const known = use_request(`object steps ${id} ${kind}`, (signal) =>
    api.object_steps(id, kind, signal),
  );
  const at = view.step ?? last_step;
  const look = use_request(`objects ${id} ${kind} ${at} ${limit}`, (signal) =>
    api.objects(id, { kind, at, limit }, signal),
  );
  const all = known.data?.series.filter((one) => one.total > 0) ?? [];
  const shown =
    view.series === ""
      ? all
      : all.filter((one) => write_series(one) === view.series);
  const panel = (group: MediaGroup, body: ComponentChildren): JSX.Element => (
    <GroupPanel
      key={group.key}
      group={group}
      run={frame.run}
      nouns={props.nouns}
    >
      {body}
    </GroupPanel>
  );
  return (
    <>
      <MediaControls all={all} shown={shown} controls={props.controls} />
      <div class="scrolls" aria-busy={look.is_stale}>
        <Looks
          look={known}
          is_empty={() => all.length === 0}
          empty={<Empty title={`No ${props.nouns[1]}`}>{props.how}</Empty>}
        >
          {() => (
            <Looks look={look}>
              {(found) => {
                const groups = groups_of(
                  shown,
                  found.objects,
                  view.step,
                  view.find,
                );
                return (
                  <div class="media">
                    {groups.length === 0 ? (
                      <Empty title={`No ${props.nouns[0]} has these words`} />
                    ) : (
                      props.children(groups, panel)
                    )}
                    {found.objects.length < found.total && (
                      <p class="in-row small-text quiet-text">
                        The first {count(found.objects.length)} of{" "}
                        {plural(found.total, ...props.nouns)}
                        <Button
                          small
                          onClick={() => set_limit(limit + page_size)}
                        >
                          Show more
                        </Button>
                      </p>
                    )}
                  </div>
                );
              }}
            </Looks>
          )}
        </Looks>
      </div>
    </>
  );
}

function MediaControls(props: {
  all: readonly { steps: readonly number[]; name: string }[];
  shown: readonly { steps: readonly number[] }[];
  controls: ComponentChildren;
}): JSX.Element {
  const view = run_view.values.value;
  return (
    <div class="controls media-controls">
      <TextFind
        label="Find a series or caption"
        width={220}
        value={view.find}
        onChange={(find) => run_view.set({ find })}
      />
      {view.series !== "" && (
        <Button small icon="undo" onClick={() => run_view.set({ series: "" })}>
          All {count(props.all.length)} series
        </Button>
      )}
      <StepSlider
        steps={all_steps(props.shown)}
        step={view.step}
        onStep={(step) => run_view.set({ step })}
      />
      <span class="grow" />
      {props.controls}
    </div>
  );
}

function GroupPanel(props: {
  group: MediaGroup;
  run: { readonly id: string };
  nouns: readonly [string, string];
  children: ComponentChildren;
}): JSX.Element {
  const { group, nouns } = props;
  const { series, step, epoch, objects } = group;
  const where =
    step === undefined
      ? `first at step ${count(series.steps[0] ?? 0)}`
      : `step ${count(step)}${epoch === undefined ? "" : `, epoch ${param(Number(epoch.toPrecision(4)))}`}`;
  return (
    <section class="panel media-group" aria-label={say_series(series)}>
      <SeriesHeading
        series={series}
        where={
          objects.length > 1
            ? `${where} · ${plural(objects.length, ...nouns)}`
            : where
        }
      >
        <SeriesMenu run={props.run} series={series} step={step} />
      </SeriesHeading>
      {objects.length === 0 ? (
        <p class="small-text quiet-text media-none">
          {step === undefined
            ? "Nothing up to this step"
            : `No ${nouns[0]} of this step has these words, or none was asked for`}
        </p>
      ) : (
        props.children
      )}
    </section>
  );
}
