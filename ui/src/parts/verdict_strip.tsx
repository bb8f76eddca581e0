// How a question was answered at the last checkpoints: a sign each, the one that is looked at boxed.

import type { JSX } from "preact";
import type { StripStep, Verdict } from "../schema.ts";
import { VerdictMark } from "./verdict.tsx";

const verdicts: Readonly<Record<string, Verdict>> = {
  r: "right",
  p: "partly",
  w: "wrong",
};

/** A sign for each checkpoint; `letters` are those of a strip. */
export function VerdictStrip(props: {
  letters: string;
  steps: readonly StripStep[];
  /** The step that is looked at. */
  at: number;
}): JSX.Element {
  return (
    <span class="strip">
      {props.steps.map((step, i) => {
        const verdict = verdicts[props.letters.charAt(i)];
        return (
          <span
            key={step.step}
            class={step.step === props.at ? "sign boxed" : "sign"}
            title={`${say_when(step)}: ${verdict ?? "not asked"}`}
          >
            {verdict === undefined ? (
              <span class="quiet-text">·</span>
            ) : (
              <VerdictMark verdict={verdict} />
            )}
          </span>
        );
      })}
    </span>
  );
}

/** Above strips: what their signs mean, and whose they are. */
export function StripLegend(props: {
  sides: readonly { readonly words: string; readonly n: number }[];
}): JSX.Element {
  return (
    <p class="in-row strip-legend tiny-text quiet-text">
      {(["right", "partly", "wrong"] as const).map((verdict) => (
        <VerdictMark key={verdict} verdict={verdict} word />
      ))}
      <span class="grow" />
      {props.sides.map(({ words, n }) => (
        <span key={words} class="strip-name" style={{ "--signs": n }}>
          {words}
        </span>
      ))}
    </p>
  );
}

function say_when({ step, epoch }: StripStep): string {
  return epoch === undefined
    ? `Step ${step}`
    : `Epoch ${Math.round(epoch * 100) / 100}`;
}
