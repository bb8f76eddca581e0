// A metric drawn over another: each point's place is what the other metric of its run was at its step.

import { lower_bound } from "../../chart/polyline.ts";
import type { FrameSeries } from "../../frame.ts";
import type { RunSeries } from "./lines.ts";

/** The series with the places of their points, in the order of places; series of metrics that nobody chose are left out. */
export function align(
  series: readonly RunSeries[],
  metrics: readonly string[],
  by: string,
): readonly RunSeries[] {
  const exact = new Map<string, FrameSeries>();
  const of_run = new Map<string, FrameSeries>();
  for (const { run, series: one } of series) {
    if (one.name !== by) continue;
    exact.set(`${run.run.id} ${JSON.stringify(one.context)}`, one);
    if (!of_run.has(run.run.id)) of_run.set(run.run.id, one);
  }
  return series
    .filter(({ series: one }) => metrics.includes(one.name))
    .map((of) => {
      const { id } = of.run.run;
      const key = `${id} ${JSON.stringify(of.series.context)}`;
      return placed_by(of, exact.get(key) ?? of_run.get(id));
    });
}

function placed_by(of: RunSeries, by: FrameSeries | undefined): RunSeries {
  const { series } = of;
  const places = Float64Array.from(series.step, (step) =>
    by === undefined ? NaN : value_at(by, step),
  );
  const kept = [...places.keys()].filter((i) =>
    Number.isFinite(places[i] ?? NaN),
  );
  kept.sort((a, b) => (places[a] ?? 0) - (places[b] ?? 0) || a - b);
  const pick = (column: Float64Array | Float32Array): Float64Array =>
    Float64Array.from(kept, (i) => column[i] ?? NaN);
  return {
    run: of.run,
    series: {
      ...series,
      rows: kept.length,
      step: pick(series.step),
      value: pick(series.value),
      ...(series.epoch ? { epoch: pick(series.epoch) } : {}),
      ...(series.time ? { time: pick(series.time) } : {}),
    },
    places: pick(places),
  };
}

/** What a series was at a step: its point there, or between its neighbours; NaN before its first and after its last. */
function value_at({ step, value }: FrameSeries, at: number): number {
  const i = lower_bound(step, at);
  if (step[i] === at) return value[i] ?? NaN;
  const [before, after] = [step[i - 1] ?? NaN, step[i] ?? NaN];
  const share = (at - before) / (after - before);
  const low = value[i - 1] ?? NaN;
  return low + ((value[i] ?? NaN) - low) * share;
}
