// Small curves in the runs table: those in sight are asked for together, and again when their runs grow.

import { signal } from "@preact/signals";
import type { Signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import * as api from "../../api.ts";
import { decode_frame } from "../../frame.ts";
import { on_change } from "../../live.ts";
import { is_series, write_series } from "../../math/series_name.ts";
import type { SeriesName } from "../../math/series_name.ts";
import { Sparkline } from "../../parts/sparkline.tsx";
import type { Curve } from "../../parts/sparkline.tsx";
import type { Run } from "../../shapes.ts";

const points = 120;
const pause_millis = 40;

/** Curves of one series, by run. */
class Curves {
  readonly #series: SeriesName;
  readonly #curves = new Map<string, Signal<Curve | undefined>>();
  #asked = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** The largest value that is not an outlier: all curves of a column share it. */
  readonly high = signal(0);

  constructor(series: SeriesName) {
    this.#series = series;
    on_change((change) => {
      for (const id of change.runs) if (this.#curves.has(id)) this.#ask(id);
    });
  }

  curve_of(id: string): Signal<Curve | undefined> {
    const known = this.#curves.get(id);
    if (known !== undefined) return known;
    const made = signal<Curve | undefined>(undefined);
    this.#curves.set(id, made);
    this.#ask(id);
    return made;
  }

  #ask(id: string): void {
    this.#asked.add(id);
    this.#timer ??= setTimeout(() => {
      const asked = [...this.#asked];
      this.#asked = new Set();
      this.#timer = undefined;
      this.#load(asked).catch(() => {
        for (const one of asked) this.#curves.delete(one); // asked again when they are next in sight
      });
    }, pause_millis);
  }

  async #load(runs: readonly string[]): Promise<void> {
    const bytes = await api.series({
      runs,
      names: [this.#series.name],
      points,
      f32: true,
    });
    for (const series of decode_frame(bytes).series) {
      if (
        !is_series(
          {
            name: series.name,
            context: series.context as SeriesName["context"],
          },
          this.#series,
        )
      )
        continue;
      const held = this.#curves.get(series.run);
      if (held !== undefined) held.value = { x: series.step, y: series.value };
      this.high.value = Math.max(this.high.peek(), high_of(series.value));
    }
  }
}

/** The 98th percentile of the finite values. */
function high_of(values: Float64Array | Float32Array): number {
  const sorted = values.filter(Number.isFinite).sort();
  return sorted[Math.floor((sorted.length - 1) * 0.98)] ?? 0;
}

const all = new Map<string, Curves>();

function curves_of(series: SeriesName): Curves {
  const key = write_series(series);
  const known = all.get(key) ?? new Curves(series);
  all.set(key, known);
  return known;
}

/** A run's curve of a series, by its progress. */
export function CurveCell(props: {
  run: Run;
  series: SeriesName;
  colour: string;
}): JSX.Element | null {
  const { run, series } = props;
  const curves = curves_of(series);
  const has = run.metrics.some((metric) => is_series(metric, series));
  const held = has ? curves.curve_of(run.id) : undefined;
  useEffect(() => {
    if (has) curves.curve_of(run.id);
  }, [run.id, has]);
  const curve = held?.value;
  if (curve === undefined) return null;
  const marks_end = run.status === "failed" || run.status === "crashed";
  return (
    <Sparkline
      curve={curve}
      low={0}
      high={curves.high.value}
      colour={props.colour}
      fails={marks_end}
    />
  );
}
