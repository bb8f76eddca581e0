// A slider over steps: what is shown is the last that there was up to the chosen step.

import type { JSX } from "preact";
import { use_keys } from "../keys.ts";
import { count } from "../math/format.ts";
import { place_of_step } from "../math/steps.ts";
import { Button, IconButton } from "./button.tsx";

/** The slider, its keys [ and ], and where it stands; nothing where there is one step alone. */
export function StepSlider(props: {
  steps: readonly number[];
  /** Undefined is the last, also of those to come. */
  step: number | undefined;
  onStep: (step: number | undefined) => void;
}): JSX.Element {
  const { steps, step } = props;
  const last = steps.length - 1;
  const at = place_of_step(steps, step);
  const go_to = (index: number): void => {
    const next = steps[Math.max(0, Math.min(last, index))];
    props.onStep(index >= last ? undefined : next);
  };
  use_keys([
    { keys: "[", does: "Step before", run: () => go_to(at - 1) },
    { keys: "]", does: "Step after", run: () => go_to(at + 1) },
  ]);
  if (steps.length < 2) return <></>;
  const words =
    step === undefined
      ? `last of ${count(steps.length)}`
      : `${count(at + 1)} of ${count(steps.length)}`;
  return (
    <div class="step-slider" role="group" aria-label="Step">
      <span class="small-text second-text">Step</span>
      <IconButton
        icon="left"
        label="Step before"
        small
        not_now={at <= 0 ? "This is the first" : undefined}
        onClick={() => go_to(at - 1)}
      />
      <input
        type="range"
        min={0}
        max={last}
        value={at}
        aria-label="Step"
        aria-valuetext={`step ${steps[at] ?? 0}, ${words}`}
        onInput={(event) => go_to(Number(event.currentTarget.value))}
      />
      <IconButton
        icon="right"
        label="Step after"
        small
        not_now={at >= last ? "This is the last" : undefined}
        onClick={() => go_to(at + 1)}
      />
      <span class="mono">{count(steps[at] ?? 0)}</span>
      <span class="small-text quiet-text">{words}</span>
      {step !== undefined && (
        <Button small kind="quiet" onClick={() => go_to(last)}>
          Last
        </Button>
      )}
    </div>
  );
}
