// What keys do on the Metrics page.

import type { Signal } from "@preact/signals";
import { use_keys } from "../../keys.ts";
import type { Cursor } from "../../parts/line_chart.tsx";
import type { MetricsModel } from "./model.ts";
import { AUTO_SMOOTH, metrics_view, zoom_range, zoom_text } from "./view.ts";
import type { Chosen, MetricsValues } from "./view.ts";

export function use_metrics_keys(
  values: MetricsValues,
  chosen: Chosen,
  cursor: Signal<Cursor | undefined>,
  model: MetricsModel,
): void {
  const set = metrics_view.set.bind(metrics_view);
  use_keys([
    {
      keys: "L",
      does: "Log axis",
      run: () => set({ y: values.y === "log" ? "linear" : "log" }),
    },
    {
      keys: "S",
      does: "Smooth",
      run: () =>
        set({
          smooth: chosen.smoothing.kind === "none" ? AUTO_SMOOTH : 0,
          window: undefined,
        }),
    },
    {
      keys: "F",
      does: "Full chart",
      run: () =>
        set({ full: values.full === "" ? (model.charts[0]?.key ?? "") : "" }),
    },
    {
      keys: "+, =",
      does: "Zoom in",
      run: () => zoom_by(2, values, cursor, model),
    },
    {
      keys: "-, −",
      does: "Zoom out",
      run: () => zoom_by(0.5, values, cursor, model),
    },
    { keys: "0", does: "Show all", run: () => set({ zoom: "" }) },
    {
      keys: "P",
      does: "Pin the cursor",
      run: () => {
        const x = cursor.peek()?.x;
        set({ pin: values.pin === x ? undefined : x });
      },
    },
  ]);
}

/** Zooms around the cursor, else around the middle of what is seen. */
export function zoom_by(
  times: number,
  values: MetricsValues,
  cursor: Signal<Cursor | undefined>,
  model: MetricsModel,
): void {
  const x = model.charts[0]?.plot.x;
  const whole = [x?.low ?? 0, x?.high ?? 1] as const;
  const [low, high] = zoom_range(values.zoom) ?? whole;
  const at = cursor.peek()?.x ?? (low + high) / 2;
  const next = [at - (at - low) / times, at + (high - at) / times] as const;
  const is_all = next[0] <= whole[0] && next[1] >= whole[1];
  metrics_view.set({ zoom: is_all ? "" : zoom_text(next) });
}
