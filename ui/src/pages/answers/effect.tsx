// By how much B is better than A, with its uncertainty, and how many answers changed which way.

import { called } from "../../called.ts";
import type { JSX } from "preact";
import * as format from "../../math/format.ts";
import { Swatch } from "../../parts/marks.tsx";
import { Who } from "../../parts/verdict.tsx";
import type { Change } from "../../schema.ts";
import type { Comparison, Difference } from "../../shapes_of_answers.ts";
import type { Side } from "./view.ts";

/** Changes as people call them, each with its colour. */
export const changes: readonly (readonly [Change, string, string])[] = [
  ["both_right", "Both right", "var(--line-2)"],
  ["fixed", "Fixed", "var(--right)"],
  ["broken", "Broken", "var(--wrong)"],
  ["both_wrong", "Both wrong", "var(--line-control)"],
];

/** Who is better, said no more surely than the interval allows. */
function verdict_on({ difference, low, high }: Difference): string {
  if (low > 0) return "B is better";
  if (high < 0) return "A is better";
  return difference === 0 ? "No difference" : "Could be luck";
}

function say_interval({ difference, low, high, p }: Difference): JSX.Element {
  const write = (value: number): string => format.delta(value, format.percent);
  return (
    <>
      {write(difference)}{" "}
      <span class="quiet-text">
        95 % CI {write(low)} to {write(high)}, {format.p_value(p)}
      </span>
    </>
  );
}

/** The net effect. */
export function Effect(props: {
  a: Side;
  b: Side;
  answer: Comparison;
}): JSX.Element {
  const { summary } = props.answer;
  const right_a = summary.broken + summary.both_right;
  return (
    <section class="panel effect" aria-label="Net effect">
      {(["a", "b"] as const).map((key) => (
        <div key={key} class="in-row effect-side">
          <Who letter={key === "a" ? "A" : "B"} />
          <b class="clip grow">{called(props[key].run)}</b>
          <span class="effect-scores">
            <b class="mono">{format.percent(summary.exact_match[key])}</b>
            <span class="tiny-text quiet-text">EM</span>
            <b class="mono">{format.percent(summary.f1[key])}</b>
            <span class="tiny-text quiet-text">F1</span>
          </span>
        </div>
      ))}
      <div class="effect-words">
        <p class="in-row small-text">
          <span>
            <b>{verdict_on(summary.exact_match)}:</b> EM{" "}
            {say_interval(summary.exact_match)}
          </span>
          <span class="grow" />
          <span>F1 {say_interval(summary.f1)}</span>
        </p>
        <span
          class="verdict-bar wide"
          role="img"
          aria-label={changes
            .map(([key, name]) => `${name} ${summary[key]}`)
            .join(", ")}
        >
          {changes.map(([key, , color]) => (
            <i key={key} style={{ flex: summary[key], background: color }} />
          ))}
        </span>
        <p class="in-row tiny-text">
          {changes.map(([key, name, color]) => (
            <span key={key} class="in-row tight">
              <Swatch color={color} />
              <span class="second-text">{name}</span>{" "}
              <b>{format.count(summary[key])}</b>
            </span>
          ))}
          <span class="grow" />
          <span class="quiet-text">
            {right_a > 0 &&
              `${((summary.broken / right_a) * 100).toFixed(1)} % of A’s right answers break · `}
            {format.plural(summary.total, "question")}
            {summary.only_a + summary.only_b > 0 &&
              `, ${summary.only_a + summary.only_b} of one alone left out`}
          </span>
        </p>
      </div>
    </section>
  );
}
