// The figures of a run, drawn by Plotly, which is loaded when they are first shown.

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import * as api from "../../../api_of_objects.ts";
import { CssColors } from "../../../chart/curve.ts";
import {
  own_layout,
  read_figure,
  say_figure,
  themed_layout,
} from "../../../math/plotly_figure.ts";
import type { FigureInks } from "../../../math/plotly_figure.ts";
import { series_colour, series_colours } from "../../../math/colour.ts";
import { Switch } from "../../../parts/button.tsx";
import { Icon } from "../../../parts/icon.tsx";
import { Loading } from "../../../parts/looks.tsx";
import { use_near } from "../../../parts/near.ts";
import { draw_figure, fit_figure, forget_figure } from "../../../plotly.ts";
import { use_request } from "../../../request.ts";
import type { FigureValue } from "../../../shapes_of_objects.ts";
import { shown_theme } from "../../../theme.ts";
import type { RunFrame } from "../frame.ts";
import { run_view } from "../view.ts";
import { Media } from "./media.tsx";

const usual_height = 360;
const alone_height = 620;

/** The tab of figures. */
export function RunFigures({ frame }: { frame: RunFrame }): JSX.Element {
  const view = run_view.values.value;
  const height = view.series === "" ? usual_height : alone_height;
  return (
    <Media
      frame={frame}
      kind="figure"
      nouns={["figure", "figures"]}
      how={
        <>
          A run tracks them with{" "}
          <span class="mono">
            run.track(Figure(plotly_figure), name="confusion", step=50)
          </span>
        </>
      }
      controls={
        <Switch
          on={view.own}
          title="Draw figures with the template that they were recorded with"
          onChange={(own) => run_view.set({ own })}
        >
          Own colours
        </Switch>
      }
    >
      {(groups, panel) => (
        <div class={view.series === "" ? "figure-grid" : "figure-grid alone"}>
          {groups.map((group) =>
            panel(
              group,
              group.objects.map(({ value, index }) =>
                value.figure === undefined ? null : (
                  <FigureCard
                    key={index}
                    figure={value.figure}
                    height={height}
                    label={
                      value.figure.caption === ""
                        ? group.series.name
                        : value.figure.caption
                    }
                  />
                ),
              ),
            ),
          )}
        </div>
      )}
    </Media>
  );
}

function FigureCard(props: {
  figure: FigureValue;
  height: number;
  label: string;
}): JSX.Element {
  const { figure, height } = props;
  const host = useRef<HTMLElement>(null);
  const is_near = use_near(host);
  const look = use_request(
    is_near ? `figure ${figure.blob}` : undefined,
    (signal) => api.blob_json(figure.blob, signal),
    { is_live: false },
  );
  return (
    <figure ref={host} class="figure-card">
      {look.data === undefined ? (
        <div class="figure-wait">
          {look.error === undefined ? (
            <div style={{ height: `${height}px` }}>
              <Loading />
            </div>
          ) : (
            <NoFigure figure={figure} why={look.error.message} />
          )}
        </div>
      ) : (
        <Drawn {...props} json={look.data} />
      )}
      {figure.caption !== "" && (
        <figcaption class="small-text second-text">{figure.caption}</figcaption>
      )}
    </figure>
  );
}

function Drawn(props: {
  figure: FigureValue;
  json: unknown;
  height: number;
  label: string;
}): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  const [state, set_state] = useState<{ error?: string; words?: string }>({});
  const is_own = run_view.values.value.own;
  const theme = shown_theme.value;
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    void draw(element, props.json, is_own, props.height).then(set_state);
  }, [props.json, props.height, is_own, theme]);
  useEffect(() => {
    const element = place.current;
    if (element === null) return undefined;
    const observer = new ResizeObserver(() => fit_figure(element));
    observer.observe(element);
    return () => {
      observer.disconnect();
      forget_figure(element);
    };
  }, []);
  return (
    <>
      {state.error !== undefined && (
        <NoFigure figure={props.figure} why={state.error} />
      )}
      {state.words === undefined && state.error === undefined && <Loading />}
      <div
        ref={place}
        class="plotly-place"
        role="figure"
        aria-label={`${props.label}: ${state.words ?? "not drawn yet"}`}
        hidden={state.error !== undefined}
        style={{ minHeight: `${props.height}px` }}
      />
    </>
  );
}

/** Draws; what goes wrong with one figure is said in its place, and nowhere else. */
async function draw(
  element: HTMLElement,
  json: unknown,
  is_own: boolean,
  height: number,
): Promise<{ error?: string; words?: string }> {
  try {
    const { data, layout } = read_figure(json);
    // The library writes into what it is given, and what was loaded is kept.
    const copy = structuredClone({ data, layout });
    await draw_figure(element, {
      data: copy.data,
      layout: is_own
        ? own_layout(copy.layout, height)
        : themed_layout(copy.layout, inks_of(element), height),
    });
    return { words: say_figure({ data, layout }) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

function inks_of(element: HTMLElement): FigureInks {
  const css = new CssColors(element);
  const ink = (name: string): string => css.resolve(`var(--${name})`);
  const numbers = (n: number): number[] =>
    Array.from({ length: n }, (_, i) => i);
  return {
    text: ink("text"),
    quiet: ink("text-3"),
    grid: ink("grid"),
    axis: ink("axis"),
    panel: ink("panel"),
    font: ink("font"),
    series: numbers(series_colours).map((i) => css.resolve(series_colour(i))),
    ramp: numbers(7).map((i) => ink(`lagoon-${i + 1}`)),
  };
}

function NoFigure(props: { figure: FigureValue; why: string }): JSX.Element {
  const name = `${props.figure.blob.slice(0, 12)}.json`;
  return (
    <div class="note bad figure-note" role="note">
      <Icon name="failed" />
      <span class="grow">This figure cannot be drawn: {props.why}</span>
      <a
        class="to-link"
        href={api.file_address(props.figure.blob, name)}
        download={name}
      >
        Download
      </a>
    </div>
  );
}
