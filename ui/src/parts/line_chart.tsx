// A line chart on the page: the canvas layers, the reading beside the pointer, the keyboard, and what is read aloud.

import type { ReadonlySignal, Signal } from "@preact/signals";
import {
  effect,
  useComputed,
  useSignal,
  useSignalEffect,
} from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { Curve } from "../chart/curve.ts";
import { ink_of } from "../chart/curve.ts";
import type { PlotModel } from "../chart/paint.ts";
import { Plot } from "../chart/plot.ts";
import type { Look } from "../chart/plot.ts";
import { step_cursor } from "../chart/steps.ts";
import { resolved_model } from "./resolved_model.ts";
import { shown_theme } from "../theme.ts";

/** Where charts that stand together have their cursor. */
export interface Cursor {
  readonly x: number;
  /** The curve that is meant, by its id; other charts mark curves of its run. */
  readonly id: string;
  readonly run: string;
}

export interface Reading {
  readonly title: ComponentChildren;
  readonly rows: readonly (readonly [string, string])[];
  readonly foot?: string;
  /** The same in one sentence, to be read aloud. */
  readonly spoken: string;
}

interface LineChartProps {
  readonly model: PlotModel;
  /** What the chart shows, in words. */
  readonly label: string;
  readonly range?: readonly [number, number] | undefined;
  /** Shared by charts that stand together. */
  readonly cursor: Signal<Cursor | undefined>;
  /** Ids of curves that stand out; empty when none does. */
  readonly highlighted?: ReadonlySignal<ReadonlySet<string>> | undefined;
  readonly run_of: (curve: Curve) => string;
  readonly read: (look: Look) => Reading;
  readonly cursor_text: (x: number) => string;
  readonly onRange?: (range: readonly [number, number] | undefined) => void;
  readonly onPick?: (curve: Curve | undefined, is_alone: boolean) => void;
  /** A pinned cursor: it stays while the pointer is elsewhere. */
  readonly pinned?: number | undefined;
}

const nothing: ReadonlySet<string> = new Set();

/** Draws curves, and tells where the pointer is among them. */
export function LineChart(props: LineChartProps): JSX.Element {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<Plot | undefined>(undefined);
  const look = useSignal<Look | undefined>(undefined);
  const latest = useRef(props);
  latest.current = props;
  const theme = shown_theme.value;
  useLayoutEffect(() => {
    const element = host.current;
    if (element === null) return undefined;
    const made = new Plot(element, events(latest, look));
    plot.current = made;
    const observer = new ResizeObserver(() => made.resize());
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = undefined;
    };
  }, []);
  useLayoutEffect(() => {
    const element = host.current;
    if (element !== null)
      plot.current?.show(
        resolved_model(props.model, element),
        range_of(props),
        ink_of(element),
      );
  }, [props.model, theme, props.range?.[0], props.range?.[1]]);
  // Effects of signals in components wait for the frame after: the pointer's marks would come a frame late, and each
  // move would cost two.
  useLayoutEffect(
    () =>
      effect(() => {
        const cursor = latest.current.cursor.value;
        const id =
          cursor === undefined
            ? undefined
            : own_curve(latest.current, cursor)?.id;
        plot.current?.point(cursor?.x ?? latest.current.pinned, id);
      }),
    [],
  );
  useSignalEffect(() =>
    plot.current?.highlight(props.highlighted?.value ?? nothing),
  );

  return (
    <div
      ref={host}
      class="line-chart"
      role="application"
      aria-roledescription="chart"
      aria-label={props.label}
      tabIndex={0}
      onKeyDown={(event) => {
        if (press(event.key, latest.current, look)) event.preventDefault();
      }}
    >
      <Tip look={look} read={(at) => latest.current.read(at)} plot={plot} />
    </div>
  );
}

function range_of(props: LineChartProps): [number, number] | undefined {
  return props.range === undefined
    ? undefined
    : [props.range[0], props.range[1]];
}

/** The curve of this chart that a shared cursor means: itself, else one of the same run. */
function own_curve(props: LineChartProps, cursor: Cursor): Curve | undefined {
  const { curves } = props.model;
  return (
    curves.find((curve) => curve.id === cursor.id) ??
    curves.find((curve) => props.run_of(curve) === cursor.run)
  );
}

function events(
  latest: { readonly current: LineChartProps },
  look: Signal<Look | undefined>,
): ConstructorParameters<typeof Plot>[1] {
  return {
    look: (at) => {
      look.value = at;
      const { cursor, run_of } = latest.current;
      cursor.value =
        at === undefined
          ? undefined
          : { x: at.x, id: at.curve.id, run: run_of(at.curve) };
    },
    pick: (curve, is_alone) => latest.current.onPick?.(curve, is_alone),
    view: (range) => latest.current.onRange?.(range),
    cursor_text: (x) => latest.current.cursor_text(x),
  };
}

/** Moves the cursor by keys; says whether the key meant something. */
function press(
  key: string,
  props: LineChartProps,
  look: Signal<Look | undefined>,
): boolean {
  if (key === "Escape" && look.peek() !== undefined) {
    look.value = undefined;
    props.cursor.value = undefined;
    return true;
  }
  const next = step_cursor(props.model.curves, look.peek(), key);
  if (next === undefined) return false;
  look.value = next;
  props.cursor.value = {
    x: next.x,
    id: next.curve.id,
    run: props.run_of(next.curve),
  };
  return true;
}

// About the size of a reading: measuring it would cost a layout at each move.
const TIP_WIDTH = 200;
const TIP_BASE = 54;
const TIP_ROW = 18;

/** One line's reading, where it hides no curve. */
function Tip(props: {
  look: Signal<Look | undefined>;
  read: (look: Look) => Reading;
  plot: { readonly current: Plot | undefined };
}): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const reading = useComputed(() => {
    const look = props.look.value;
    return look === undefined ? undefined : props.read(look);
  });
  useLayoutEffect(() => {
    const element = box.current;
    const look = props.look.peek();
    if (element === null || look === undefined) return;
    const rows = reading.peek()?.rows.length ?? 1;
    const [left, top] = props.plot.current?.place(
      TIP_WIDTH,
      TIP_BASE + TIP_ROW * rows,
      look.curve,
      look.point,
    ) ?? [0, 0];
    const place = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
    if (element.style.transform !== place) element.style.transform = place;
  });
  const at = reading.value;
  const look = props.look.value;
  return (
    <>
      {at !== undefined && (
        <div ref={box} class="tip reading" aria-hidden="true">
          <div class="in-row">
            <span class="swatch" style={{ "--c": look?.curve.color ?? "" }} />
            {at.title}
          </div>
          <dl>
            {at.rows.map(([name, value]) => (
              <>
                <dt>{name}</dt>
                <dd class="mono">{value}</dd>
              </>
            ))}
          </dl>
          {at.foot !== undefined && (
            <div class="tiny-text quiet-text">{at.foot}</div>
          )}
        </div>
      )}
      <Spoken reading={reading} />
    </>
  );
}

/** Words that change at each move of the pointer would never be read to their end. */
const SPOKEN_MILLIS = 250;

/** The reading in one sentence, once the pointer rests. */
function Spoken(props: {
  reading: ReadonlySignal<Reading | undefined>;
}): JSX.Element {
  const words = useSignal("");
  useEffect(
    () =>
      effect(() => {
        const next = props.reading.value?.spoken ?? "";
        const timer = setTimeout(() => (words.value = next), SPOKEN_MILLIS);
        return () => clearTimeout(timer);
      }),
    [],
  );
  return (
    <div class="unseen" aria-live="polite">
      {words}
    </div>
  );
}
