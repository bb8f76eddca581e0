// How much curves are smoothed, and by what: a slider, and which of two means.

import type { JSX } from "preact";
import { Choice } from "../../parts/button.tsx";
import { PopButton } from "../../parts/popover.tsx";
import { metrics_view } from "./view.ts";
import type { Chosen, MetricsValues } from "./view.ts";

const widest = 99;

export function SmoothControl(props: {
  values: MetricsValues;
  chosen: Chosen;
}): JSX.Element {
  const { smoothing } = props.chosen;
  const is_window = smoothing.kind === "mean";
  const value =
    smoothing.kind === "ema"
      ? smoothing.weight
      : is_window
        ? smoothing.window / (widest + 1)
        : 0;
  const shown =
    smoothing.kind === "mean" ? `${smoothing.window} pt` : value.toFixed(2);
  const change = (next: number): void =>
    is_window
      ? metrics_view.set({
          window: Math.max(2, Math.round(next * (widest + 1))),
        })
      : metrics_view.set({ smooth: Math.round(next * 100) / 100 });
  return (
    <span class="pick smooth">
      <label>
        <span class="label">Smooth</span>
        <input
          type="range"
          min="0"
          max="0.99"
          step="0.01"
          value={value}
          aria-label="Smoothing"
          style={{ "--share": `${(value / 0.99) * 100}%` }}
          onInput={(event) => change(Number(event.currentTarget.value))}
        />
      </label>
      <PopButton
        label={`Kind of smoothing, ${shown}`}
        class="smooth-kind"
        align="end"
        face={<span class="mono">{shown}</span>}
      >
        {() => (
          <div class="smooth-menu">
            <Choice
              label="Kind of smoothing"
              value={is_window ? "window" : "ema"}
              options={[
                {
                  value: "ema",
                  label: "Running mean",
                  title: "Fades with the distance of steps",
                },
                {
                  value: "window",
                  label: "Moving average",
                  title: "Centred, over so many points",
                },
              ]}
              onChange={(kind) =>
                metrics_view.set(
                  kind === "window"
                    ? { window: 15, smooth: undefined }
                    : { window: undefined },
                )
              }
            />
            <p class="quiet-text">
              Both go by the distance of steps; what was measured stays behind
              the line.
            </p>
          </div>
        )}
      </PopButton>
    </span>
  );
}
