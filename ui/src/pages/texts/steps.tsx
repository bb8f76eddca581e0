// The steps of texts: all cells show the last text up to the chosen one.

import type { JSX } from "preact";
import { use_keys } from "../../keys.ts";
import { count } from "../../math/format.ts";
import { Button } from "../../parts/button.tsx";
import type { Text } from "../../schema.ts";
import { texts_view } from "./view.ts";

/** A slider over the steps that any text has. */
export function TextSteps(props: {
  texts: readonly Text[];
  onMove: () => void;
}): JSX.Element {
  const steps = [...new Set(props.texts.map((text) => text.step))].sort(
    (a, b) => a - b,
  );
  const { step } = texts_view.values.value;
  const last = steps.length - 1;
  const at =
    step === undefined
      ? last
      : Math.max(0, steps.filter((one) => one <= step).length - 1);
  const go_to = (index: number): void => {
    const next = steps[Math.max(0, Math.min(last, index))];
    props.onMove();
    texts_view.set({ step: index >= last ? undefined : next });
  };
  use_keys([
    { keys: "[", does: "Step before", run: () => go_to(at - 1) },
    { keys: "]", does: "Step after", run: () => go_to(at + 1) },
  ]);
  if (steps.length < 2) return <></>;
  return (
    <section class="panel text-steps" aria-label="Step">
      <b>Step</b>
      <span class="second-text">
        {step === undefined
          ? `last of ${steps.length}`
          : `${at + 1} of ${steps.length}`}
      </span>
      <input
        type="range"
        class="grow"
        min={0}
        max={last}
        value={at}
        aria-label="Step"
        aria-valuetext={`step ${steps[at] ?? 0}`}
        onInput={(event) => go_to(Number(event.currentTarget.value))}
      />
      <span class="mono">{count(steps[at] ?? 0)}</span>
      <kbd>[</kbd>
      <kbd>]</kbd>
      {step !== undefined && (
        <Button small kind="quiet" onClick={() => go_to(last)}>
          Last
        </Button>
      )}
    </section>
  );
}
